#!/bin/sh
# What entrypoints do: thirty tries a second apart, then the service starts, whatever came of them.
for _ in $(seq "$TRIES"); do
  curl -fsS -o /dev/null -X PUT "$URL/v1/agent/service/register" -H "X-Consul-Token: $TOKEN" \
    -d '{"ID":"web-1","Name":"web","Address":"10.0.0.5","Port":8080,"Check":{"TTL":"15s"}}' && break
  sleep 1
done
exec true # the service
