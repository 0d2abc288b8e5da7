"""Reading ``lifecycle``: when to register, how to see that the application is ready, how to end."""

from runner.config.cursor import Cursor
from runner.model.lifecycle import Lifecycle, OnFailure, ProbeKind, Ready, RegisterAt, Signals, Stop


def read_lifecycle(at: Cursor | None) -> Lifecycle:
    """Read the whole of it; without it there are defaults."""
    if at is None:
        return Lifecycle()
    ready, listener = at.get("ready"), at.get("status")
    default = RegisterAt.AT_ONCE if ready is None else RegisterAt.WHEN_READY
    register = RegisterAt(at.data.get("register", default))
    if register is RegisterAt.WHEN_READY and ready is None:
        hint = "add ready: {http: URL}, or tcp, file or exec; or write register: at_once"
        at.child("register").report("E314", "when_ready needs ready, which says how to see it", hint)
    if register is not RegisterAt.WHEN_READY and ready is not None:
        hint = "leave out ready, or write register: when_ready"
        at.child("ready").report(
            "E315", f"nobody asks for ready where register is {register}", hint, at_key=True
        )
    at.time_s("platform_stop_timeout", 10.0)
    return Lifecycle(
        register=register,
        ready=None if ready is None else _ready(ready),
        on_failure=OnFailure(at.data.get("on_failure", "stop_app")),
        retry_later_s=_retry_later(at),
        splay_s=at.duration_s("splay", 0.0),
        stop=_stop(at.get("stop")),
        signals=_signals(at.get("signals")),
        listen=None if listener is None else listener.child("listen").template(),
    )


def _retry_later(at: Cursor) -> float | None:
    if "retry_later" not in at:
        return None
    if at.data.get("on_failure") != OnFailure.KEEP_RUNNING:
        hint = "add on_failure: keep_running, or leave out retry_later"
        at.child("retry_later").report(
            "E316", "where a failure stops the application there is no later", hint, at_key=True
        )
    return at.time_s("retry_later", 1.0)


def _ready(at: Cursor) -> Ready:
    kinds = [kind for kind in ProbeKind if kind in at]
    if len(kinds) != 1:
        said = f"ready has {' and '.join(kinds)}" if kinds else "ready does not say what to look at"
        at.report("E317", said, "give it one of http, tcp, file and exec", at_key=True)
    kind = kinds[0] if kinds else ProbeKind.FILE
    return Ready(
        kind=kind,
        target=at.list(kind, Cursor.template),
        every_s=at.time_s("every", 0.2),
        deadline_s=at.time_s("deadline", 60.0),
        span=at.key_span,
    )


def _stop(at: Cursor | None) -> Stop:
    if at is None:
        return Stop()
    return Stop(
        deadline_s=at.time_s("deadline", 9.0),
        deregister_s=at.duration_s("deregister", 2.0),
        drain_s=at.duration_s("drain", 0.0),
        signal=at.data.get("signal"),
    )


def _signals(at: Cursor | None) -> Signals:
    if at is None:
        return Signals()
    return Signals(
        to_group=at.data.get("deliver_to", "group") == "group",
        rewrite=tuple(at.data.get("rewrite", {}).items()),
        parent_death=at.data.get("on_parent_death"),
    )
