"""The files of ours that the container tests run, by what is special in each."""

from typing import Any

import yaml


def enlist_yaml(
    *,
    register: str = "when_ready",
    on_failure: str = "stop_app",
    beat: bool = False,
    undo: bool = True,
    policy: str = "{deadline: 1s, attempts: unlimited, backoff: {initial: 50ms, max: 200ms}}",
    stop: str = "{deadline: 14s, deregister: 10s}",
    address: str = "http://127.0.0.1:3000",
) -> str:
    """Return a file with one registration at the control plane that the application plays."""
    service: dict[str, Any] = {"request": {"method": "PUT", "path": "/services/web"}}
    if beat:
        service["heartbeat"] = {"every": "500ms", "request": {"method": "PUT", "path": "/beats/web"}}
    if undo:
        service["deregister"] = {"request": {"method": "DELETE", "path": "/services/web"}}
    lifecycle: dict[str, Any] = {"register": register, "on_failure": on_failure, "stop": yaml.safe_load(stop)}
    if register == "when_ready":
        lifecycle["ready"] = {"http": "http://127.0.0.1:3000/", "deadline": "20s"}
    return yaml.safe_dump(
        {
            "version": 1,
            "endpoints": {"plane": {"url": address}},
            "retry_policies": {"default": yaml.safe_load(policy)},
            "registrations": {"web": service},
            "lifecycle": lifecycle,
        }
    )
