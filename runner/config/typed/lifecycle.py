"""Reading ``lifecycle``: when to register, how to see that the application is ready, how to end."""

from runner.config.typed.cursor import Cursor
from runner.config.typed.declared import read_part
from runner.language.lifecycle import Lifecycle, OnFailure, ProbeKind, RegisterAt


def read_lifecycle(at: Cursor | None) -> Lifecycle:
    """Read the whole of it; without it there are defaults."""
    lifecycle = read_part(at, Lifecycle)
    if at is not None:
        _check_register(at, lifecycle)
        _check_retry_later(at)
        if "ready" in at:
            _check_ready(at.child("ready"))
    return lifecycle


def _check_register(at: Cursor, lifecycle: Lifecycle) -> None:
    register, ready = lifecycle.register, lifecycle.ready
    if register is RegisterAt.WHEN_READY and ready is None:
        hint = "add ready: {http: URL}, or tcp, file or exec; or write register: at_once"
        at.child("register").report("E314", "when_ready needs ready, which says how to see it", hint)
    if register is not RegisterAt.WHEN_READY and ready is not None:
        hint = "leave out ready, or write register: when_ready"
        message = f"nobody asks for ready where register is {register}"
        at.child("ready").report("E315", message, hint, at_key=True)


def _check_retry_later(at: Cursor) -> None:
    if "retry_later" in at and at.data.get("on_failure") != OnFailure.KEEP_RUNNING:
        hint = "add on_failure: keep_running, or leave out retry_later"
        at.child("retry_later").report(
            "E316", "where a failure stops the application there is no later", hint, at_key=True
        )


def _check_ready(at: Cursor) -> None:
    kinds = [kind for kind in ProbeKind if kind in at]
    if len(kinds) != 1:
        said = f"ready has {' and '.join(kinds)}" if kinds else "ready does not say what to look at"
        at.report("E317", said, "give it one of http, tcp, file and exec", at_key=True)
