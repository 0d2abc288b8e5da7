#!/bin/sh
# What entrypoints do: a lease, a key under it, and a loop that keeps the lease alive for as long as the answer is 200.
trap 'exit 0' TERM
key=$(printf /services/web/web-1 | base64)
until lease=$(curl -fsS -X POST "$URL/v3/lease/grant" -d '{"TTL":6}' | sed 's/.*"ID":"\([0-9]*\)".*/\1/') &&
  curl -fsS -o /dev/null -X POST "$URL/v3/kv/put" -d "{\"key\":\"$key\",\"value\":\"$key\",\"lease\":\"$lease\"}"
do sleep 1; done
while curl -fsS -o /dev/null -X POST "$URL/v3/lease/keepalive" -d "{\"ID\":\"$lease\"}"; do
  sleep 2 &
  wait $!
done
