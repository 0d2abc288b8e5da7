"""The stages of a shutdown: deregistration, drain, the stop signal, and SIGKILL at the deadline.

Pure like ``machine``, whose second half this is.
"""

import math
from signal import SIGKILL, SIGTERM

from runner.pid1.protocol import Begin, Leave, can_be_kept
from runner.pid1.state import (
    KILLED,
    App,
    Effect,
    KillRegistrar,
    Say,
    SignalApp,
    Stage,
    StartRegistrar,
    State,
    Tell,
)

SILENCE_S = 20.0
"""After so long without a message the registrar is pinged."""
GRACE_S = 0.3
"""What the registrar gets on top of ``stop.deregister`` to end after its last request."""
_APPLICATION_SHARE = 0.25
"""The part of ``stop.deadline`` that is kept for the application, however long deregistration and drain may take."""
HURRY_S = 1.0
"""What the registrar gets to cancel its requests and log what is still registered, after a second signal."""
_REAP_S = 1.0
"""How long init waits for processes that it killed, and for the reports that tell the exit status of that."""
_NOT_THERE = {"deregistered", "not_attempted"}
"""The states of registrations of which the server knows nothing."""

Step = tuple[State, tuple[Effect, ...]]


def start_registrar(state: State, mode: str, now_s: float, until_s: float | None = None) -> Step:
    """Start a registrar that registers, resumes, or undoes until a moment."""
    undoing = mode == "undo"
    state = state._replace(
        registrar=True,
        at_work=False,
        mode=mode,
        registrar_since_s=now_s,
        pinged=False,
        discarded=False,
        awaits_status=False,
        told_status=False,
        start_at_s=math.inf,
        watch_at_s=math.inf if undoing else now_s + SILENCE_S,
    )
    sending = {name: each.captured for name, each in state.sending.items()}
    if not can_be_kept("", state.held, sending):
        sending = dict.fromkeys(sending, "")
    sending = sending if can_be_kept("", state.held, sending) else {}
    kept = state.source is not None and can_be_kept(state.source, state.held, sending)
    cause, source = state.cause if undoing else None, state.source if kept else None
    first = Begin(mode, state.plan, state.held, cause, until_s, source, sending or None)
    return state, (StartRegistrar(first),)


def end(state: State, cause: str, now_s: float) -> Step:
    """Begin the shutdown: tell the registrar to deregister, or start one for that."""
    terms = state.terms
    state = state._replace(
        stage=Stage.DEREGISTERING,
        cause=cause,
        watch_at_s=math.inf,
        start_at_s=math.inf,
        kill_at_s=now_s + (terms.stop_deadline_s if terms else _REAP_S),
    )
    if terms is None:  # it reads the file still, and has sent nothing
        return state._replace(stage=Stage.ENDING), (KillRegistrar(),)
    until_s = min(now_s + terms.deregister_s, _latest_s(state) - GRACE_S)
    state = state._replace(deregister_until_s=until_s + GRACE_S)
    if state.registrar:
        return _ask_registrar(state, cause, until_s, now_s)
    if state.has_to_undo:
        return start_undoing(state, now_s)
    return after_deregistration(state, now_s)


def _ask_registrar(state: State, cause: str, until_s: float, now_s: float) -> Step:
    """Send the registrar a shutdown request; the application does not wait for one that is still starting.

    Where an earlier one registered something, the start takes longer than ``start_undoing`` would, and is treated alike.
    """
    if state.at_work or (state.has_traces and not state.has_to_undo):
        return state, (Tell(Leave(cause, until_s)),)
    if state.has_to_undo:
        return state._replace(mode="undo"), (Tell(Leave(cause, state.kill_at_s - GRACE_S)),)
    cut_off_s = state.deregister_until_s
    state, asks = after_deregistration(state, now_s)
    return state._replace(deregister_until_s=cut_off_s), (Tell(Leave(cause, until_s)), *asks)


def start_undoing(state: State, now_s: float) -> Step:
    """Start a registrar that deregisters.

    ``stop.deregister`` bounds how long the application waits for that, the start of the registrar included. What
    takes longer (a start on a tenth of a core takes seconds) goes on while the application ends, until the deadline.

    None is kept waiting for this moment: a registrar that has loaded everything would deregister within 10 ms instead
    of half a second, and would cost each container 33 MB for all of its life.
    """
    return start_registrar(state, "undo", now_s, state.kill_at_s - GRACE_S)


def cut_off(state: State, now_s: float) -> Step:
    """Go on when the time to deregister is over; a registrar that was told to end gets a moment to tell what it leaves."""
    if state.stage is not Stage.DEREGISTERING:
        says = leaves_behind(state, "the deregistration was cut off")
        return state._replace(deregister_until_s=math.inf, discarded=True), (*says, KillRegistrar())
    goes_on, effects = after_deregistration(state, now_s)
    if state.mode == "undo":
        beside = " while the application ends" if state.app is App.RUNNING else ""
        return goes_on, (Say("info", f"the deregistration takes long, and goes on{beside}"), *effects)
    told = Say("info", "the deregistration took too long, and is not waited for")
    return goes_on._replace(deregister_until_s=now_s + HURRY_S), (told, *effects)


def _latest_s(state: State) -> float:
    """When the application is asked to end at the latest: what is killed is to have been asked before."""
    assert state.terms is not None
    return state.kill_at_s - _APPLICATION_SHARE * state.terms.stop_deadline_s


def leaves_behind(state: State, why: str) -> tuple[Effect, ...]:
    """Log what may still be registered, where the deregistration ends before its work is done."""
    if not state.has_to_undo:
        return ()
    known = state.states.registrations.items() if state.states is not None else ()
    names = ", ".join(name for name, how in known if how.partition(",")[0] not in _NOT_THERE)
    return (Say("warning", f"{why}: {names or 'what this run registered'} may still be registered"),)


def after_deregistration(state: State, now_s: float, *, hurry: bool = False) -> Step:
    """Let the application drain where clients may still call it, then ask it to end."""
    state = state._replace(deregister_until_s=math.inf)
    drain_s = state.terms.drain_s if state.terms else 0.0
    never_active = not state.has_traces and (state.cause == "failure" or state.verdict is None)
    if state.app is App.RUNNING and drain_s and not hurry and not never_active:
        until_s = min(now_s + drain_s, _latest_s(state))
        return state._replace(stage=Stage.DRAINING, drain_until_s=until_s), ()
    return ask_app(state)


def ask_app(state: State) -> Step:
    """Ask the application to end, if there is one."""
    state = state._replace(stage=Stage.ENDING, drain_until_s=math.inf)
    if state.app is not App.RUNNING:
        return state, ()
    chosen = state.terms.stop_signal if state.terms else None
    return state, (SignalApp(chosen or state.signal or SIGTERM),)


def kill(state: State, now_s: float) -> Step:
    """Kill what is left at the deadline, and wait for it no longer than the kernel needs.

    A registrar that has only the reports to write may do so, with the exit status that follows from the kill.
    """
    if state.killed:
        return _given_up(state, now_s)
    says = Say("warning", "the time to stop is over; what is left is killed")
    behind = leaves_behind(state, "the registrar is killed") if state.registrar else ()
    dies = () if state.awaits_status else (KillRegistrar(),)
    state = state._replace(
        stage=Stage.ENDING,
        killed=True,
        deregister_until_s=math.inf,
        drain_until_s=math.inf,
        kill_at_s=now_s + _REAP_S,
    )
    return state, (says, *behind, *dies, SignalApp(SIGKILL))


def _given_up(state: State, now_s: float) -> Step:
    """Wait no longer for processes that even SIGKILL does not end; the reports are still written."""
    status = KILLED if state.app_status is None else state.app_status
    writes = state.registrar and state.awaits_status and not state.told_status
    state = state._replace(app=App.ENDED, alone=True, registrar=writes, stage=Stage.ENDING)
    return state._replace(app_status=status, kill_at_s=now_s + _REAP_S), () if writes else (KillRegistrar(),)


def out_of_reach(state: State, now_s: float) -> Step:
    """Do not wait for a process that we may not even kill."""
    return kill(state, now_s) if state.killed else (state, ())
