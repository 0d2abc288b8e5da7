"""The beats of recipes: what tells that the control plane forgot, and that it is registered again then."""

import json
from typing import Any

import pytest
import yaml
from support.staying import stay

CASES: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "consul/service": (
        {"name": "web", "id": "web-1", "address": "10.0.0.5", "port": 80},
        "[{step: register}, {step: verify, body: {Service: {ID: web-1}}}]",
        "[{step: heartbeat}, {step: heartbeat, status: 500, body: 'Unknown check \"web-1-check\"'}, {step: heartbeat}]",
        "register",
    ),
    "etcd/lease-key": (
        {"name": "web", "instance": "web-1", "address": "10.0.0.5:80"},
        "[{step: grant, body: {ID: '7'}}, {step: put}, {step: verify, body: {kvs: [{lease: '7'}]}}]",
        (
            "[{step: alive, body: {result: {ID: '7', TTL: '15'}}, times: 1}, {step: alive, body: {result: {ID: '7'}}},"
            " {step: alive, body: {result: {ID: '7', TTL: '15'}}}, {step: key, body: {count: '1'}}]"
        ),
        "grant",
    ),
    "powerdns/record": (
        {"name": "web.svc.", "zone": "svc.", "address": "10.0.0.5", "key": "k"},
        (
            "[{step: zone, status: 409}, {step: replace, status: 204},"
            " {step: verify, body: {rrsets: [{records: [{content: 10.0.0.5}]}]}}]"
        ),
        (
            "[{step: heartbeat, body: {rrsets: [{records: [{content: 10.0.0.5}]}]}, times: 1},"
            " {step: heartbeat, body: {rrsets: []}}, {step: heartbeat, body: {rrsets: [{records: [{content: 10.0.0.5}]}]}}]"
        ),
        "replace",
    ),
    "rivet/serverless-pool": (
        {"url": "http://app", "datacenters": ["eu"], "keep": "10s"},
        "[{step: upsert}, {step: verify, body: {runner_configs: {default: {datacenters: {eu: {serverless: {url: 'http://app'}}}}}}}]",
        (
            "[{step: heartbeat, body: {runner_configs: {}}},"
            " {step: heartbeat, body: {runner_configs: {default: {datacenters: {eu: {serverless: {url: 'http://app'}}}}}}}]"
        ),
        "upsert",
    ),
    "eureka/instance": (
        {
            "app": "SHOP",
            "instance": "shop-1",
            "host": "shop-1",
            "ip": "10.0.0.5",
            "port": 80,
            "renewal": "5s",
        },
        "[{step: register, status: 204}, {step: verify, body: {instance: {instanceId: shop-1}}}]",
        "[{step: heartbeat}, {step: heartbeat, status: 404}, {step: heartbeat}]",
        "register",
    ),
    "nacos/instance": (
        {"service": "shop", "ip": "10.0.0.5", "port": 80},
        "[{step: register, body: ok}, {step: verify, body: {ip: 10.0.0.5}}]",
        (
            "[{step: heartbeat, body: {code: 10200}, times: 1}, {step: heartbeat, body: {code: 20404}},"
            " {step: heartbeat, body: {code: 10200}}]"
        ),
        "register",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_control_plane_that_forgot_is_told_again(name: str) -> None:
    given, registering, beats, step = CASES[name]
    file = {
        "version": 1,
        "endpoints": {"plane": {"url": "http://plane"}},
        "registrations": {"it": {"use": name, "with": given}},
    }
    script = [*yaml.safe_load(registering), *yaml.safe_load(beats)]
    stayed = stay(json.dumps(file), json.dumps(script), leave_at_s=40)

    assert stayed.steps().count(step) == 2, stayed.steps()
    assert stayed.outcome.state in {"registered", "deregistered"}
