"""The stages of the end: the goodbye, the drain, the signal, and the kill where the time is up.

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
"""After so long without a word the registrar is asked whether it is there."""
GRACE_S = 0.3
"""What the registrar gets on top of the goodbye's own time to say that it is over."""
_APPLICATION_SHARE = 0.25
"""The part of the deadline that is the application's, whatever goodbye and drain ask for."""
HURRY_S = 1.0
"""What the registrar gets to break off and to say what it leaves, where somebody is in a hurry."""
_REAP_S = 1.0
"""How long killed processes are waited for, and reports with the exit status that this made."""
_NOT_THERE = {"deregistered", "not_attempted"}
"""How a registration stands that nobody has to look for."""

Step = tuple[State, tuple[Effect, ...]]


def start_registrar(state: State, mode: str, now_s: float, until_s: float | None = None) -> Step:
    """Start a registrar that registers, resumes, or undoes until a moment."""
    undoing = mode == "undo"
    state = state._replace(
        registrar=True,
        mode=mode,
        born_s=now_s,
        pinged=False,
        shot=False,
        awaits_status=False,
        told_status=False,
        start_at_s=math.inf,
        watch_at_s=math.inf if undoing else now_s + SILENCE_S,
    )
    sending = list(state.sending)
    sending = sending if can_be_kept("", state.held, sending) else []
    kept = state.source is not None and can_be_kept(state.source, state.held, sending)
    cause, source = state.cause if undoing else None, state.source if kept else None
    first = Begin(mode, state.plan, state.held, cause, until_s, source, sending or None)
    return state, (StartRegistrar(first),)


def end(state: State, cause: str, now_s: float) -> Step:
    """Begin the end: the registrar says goodbye, or is started again to say it."""
    terms = state.terms
    state = state._replace(
        stage=Stage.GOODBYE,
        cause=cause,
        watch_at_s=math.inf,
        start_at_s=math.inf,
        kill_at_s=now_s + (terms.stop_deadline_s if terms else _REAP_S),
    )
    if terms is None:  # it reads the file still, and has sent nothing
        return state._replace(stage=Stage.ENDING), (KillRegistrar(),)
    until_s = min(now_s + terms.deregister_s, _latest_s(state) - GRACE_S)
    state = state._replace(goodbye_until_s=until_s + GRACE_S)
    if state.registrar:
        return state, (Tell(Leave(cause, until_s)),)
    if state.has_to_undo:
        return start_undoing(state, now_s)
    return after_goodbye(state, now_s)


def start_undoing(state: State, now_s: float) -> Step:
    """Start a registrar for the goodbye.

    It bounds its work by itself. Where its start alone takes longer than the goodbye may, the application gets its
    signal in time, and the goodbye goes on beside its end.
    """
    return start_registrar(state, "undo", now_s, state.kill_at_s - GRACE_S)


def cut_off(state: State, now_s: float) -> Step:
    """Go on at the end of the goodbye's time; who said that it would leave, and has not, is killed."""
    if state.stage is Stage.ENDING:
        says = leaves_behind(state, "the goodbye was to be skipped, and was cut off")
        return state._replace(goodbye_until_s=math.inf, shot=True), (*says, KillRegistrar())
    goes_on, effects = after_goodbye(state, now_s)
    if state.mode == "undo":
        return goes_on, (
            Say("info", "the goodbye takes long, and goes on while the application ends"),
            *effects,
        )
    says = leaves_behind(state, "the goodbye took too long and was cut off")
    says = says or (Say("warning", "the goodbye took too long and was cut off"),)
    return goes_on._replace(shot=True), (*says, KillRegistrar(), *effects)


def _latest_s(state: State) -> float:
    """When the application is asked to end at the latest: what is killed is to have been asked before."""
    assert state.terms is not None
    return state.kill_at_s - _APPLICATION_SHARE * state.terms.stop_deadline_s


def leaves_behind(state: State, why: str) -> tuple[Effect, ...]:
    """Say what may still be registered, where the goodbye ends before its work is done."""
    if not state.has_to_undo:
        return ()
    stand = state.states.registrations.items() if state.states is not None else ()
    names = ", ".join(name for name, stands in stand if stands.partition(",")[0] not in _NOT_THERE)
    return (Say("warning", f"{why}: {names or 'what this run registered'} may still be registered"),)


def after_goodbye(state: State, now_s: float, *, hurry: bool = False) -> Step:
    """Let the application drain where somebody may still know it, then ask it to end."""
    state = state._replace(goodbye_until_s=math.inf)
    drain_s = state.terms.drain_s if state.terms else 0.0
    never_stood = not state.has_traces and (state.cause == "failure" or state.verdict is None)
    if state.app is App.RUNNING and drain_s and not hurry and not never_stood:
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
    """The time is up: kill what is left, and wait for it no longer than the kernel needs.

    Who has only to write the reports is left to do that, with the exit status that follows.
    """
    if state.killed:
        return _given_up(state, now_s)
    says = Say("warning", "the time to stop is over; what is left is killed")
    behind = leaves_behind(state, "the registrar is killed") if state.registrar else ()
    dies = () if state.awaits_status else (KillRegistrar(),)
    state = state._replace(
        stage=Stage.ENDING,
        killed=True,
        goodbye_until_s=math.inf,
        drain_until_s=math.inf,
        kill_at_s=now_s + _REAP_S,
    )
    return state, (says, *behind, *dies, SignalApp(SIGKILL))


def _given_up(state: State, now_s: float) -> Step:
    """Wait no longer for what does not even end when it is killed; the reports are still to tell of it."""
    status = KILLED if state.app_status is None else state.app_status
    writes = state.registrar and state.awaits_status and not state.told_status
    state = state._replace(app=App.ENDED, alone=True, registrar=writes, stage=Stage.ENDING)
    return state._replace(app_status=status, kill_at_s=now_s + _REAP_S), () if writes else (KillRegistrar(),)


def out_of_reach(state: State, now_s: float) -> Step:
    """Wait for nobody whom even a kill does not reach."""
    return kill(state, now_s) if state.killed else (state, ())
