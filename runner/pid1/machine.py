"""What init does next: a pure function of its state, an event and the time.

One function an event, one function a stage of the shutdown (``ending``); nothing here waits, signals or forks
(``driver`` does), so every history can be played in a test. The exit status is decided once: by a registration that failed and stops
the application, by a signal before there was an application, else by the application.
"""

import math
from collections.abc import Callable
from signal import SIGTERM, Signals
from typing import Any

from runner.pid1 import oversight
from runner.pid1.ending import (
    HURRY_S,
    Step,
    after_deregistration,
    ask_app,
    cut_off,
    end,
    kill,
    out_of_reach,
    start_registrar,
    start_undoing,
)
from runner.pid1.protocol import Leave, Over
from runner.pid1.state import (
    BUG,
    ENDS_THE_RUN,
    ENDS_THE_WAIT,
    Alone,
    App,
    AppEnded,
    AppOutOfReach,
    AppUnstartable,
    BrokeProtocol,
    Effect,
    Event,
    RegistrarEnded,
    RegistrarUnstartable,
    Said,
    Say,
    SignalApp,
    Signalled,
    Stage,
    State,
    Tell,
    Ticked,
)

_SAME_S = 0.1
"""One request to stop can arrive as two signals, from a terminal and from a wrapper that forwards it; after this time
it is a second one."""


def begin(now_s: float, ignored: frozenset[int] = frozenset()) -> Step:
    """Return the first state: the file is read before anything else is started.

    Args:
        now_s: when, on the monotonic clock.
        ignored: the signals that whoever started us wants ignored.
    """
    return start_registrar(State(ignored=ignored), "register", now_s)


def react(state: State, event: Event, now_s: float) -> Step:
    """Return what follows an event.

    Args:
        state: what is known.
        event: what happened.
        now_s: when, on the monotonic clock.

    Returns:
        The new state, and what is to be done, in order. A state whose stage is ``OVER`` has the exit status.
    """
    state, effects = _tell_status(*_REACTIONS[type(event)](state, event, now_s))
    over = (
        state.stage is Stage.ENDING and state.app is not App.RUNNING and state.alone and not state.registrar
    )
    if over:
        status = state.final_status
        state = state._replace(stage=Stage.OVER, status=BUG if status is None else status)
    return state, effects


def _tell_status(state: State, effects: tuple[Effect, ...]) -> Step:
    """Tell the registrar the exit status as soon as nothing can change it any more: its reports name it."""
    status = state.final_status
    ends = state.stage in {Stage.DEREGISTERING, Stage.DRAINING, Stage.ENDING}
    hears = state.registrar and state.terms is not None and not (state.discarded or state.told_status)
    if status is None or not (ends and hears):
        return state, effects
    return state._replace(told_status=True), (*effects, Tell(Over(status)))


def _app_ended(state: State, event: AppEnded, now_s: float) -> Step:
    alone = " by itself" if state.stage is Stage.RUNNING else ""
    how = (
        f"ended with status {event.status}"
        if event.status < 128
        else f"was ended by {_name(event.status - 128)}"
    )
    said = Say("info", f"the application {how}{alone if event.status < 128 else ''}")
    state = state._replace(app=App.ENDED, app_status=event.status)
    effects: tuple[Effect, ...] = (said, SignalApp(SIGTERM))
    if state.stage is Stage.RUNNING:
        asked_s = now_s if event.interrupted else state.asked_s
        by_itself = "exit" if event.status else "success"
        cause = "signal" if event.interrupted else by_itself
        state, more = end(state._replace(asked_s=asked_s), cause, now_s)
    elif state.stage is Stage.ENDING and state.undo_late and not state.killed:
        state, more = start_undoing(state._replace(undo_late=False), now_s)
    elif state.stage is Stage.DRAINING:
        state, more = state._replace(stage=Stage.ENDING, drain_until_s=math.inf), ()
    else:
        more = ()
    return state, (*effects, *more)


def _app_unstartable(state: State, event: AppUnstartable, now_s: float) -> Step:
    state = state._replace(app=App.ENDED, alone=True, app_status=event.status)
    state, effects = end(state, "exit", now_s)
    return state, (Say("error", event.why), *effects)


def _app_out_of_reach(state: State, event: AppOutOfReach, now_s: float) -> Step:
    text = f"the application cannot be sent {_name(event.number)}: it runs as another user, and CAP_KILL is missing"
    state, effects = out_of_reach(state, now_s)
    return state, (Say("warning", text), *effects)


def _alone(state: State, _: Alone, __: float) -> Step:
    return state._replace(alone=True), ()


def _signalled(state: State, event: Signalled, now_s: float) -> Step:
    number = event.number
    if state.terms is not None:
        number = state.terms.rewrite.get(str(number), number)
    ends = ENDS_THE_WAIT if state.app is App.NOT_STARTED else ENDS_THE_RUN
    if number in ends - state.ignored and state.stage is not Stage.ENDING:
        return _asked_to_end(state._replace(signal=state.signal or number), number, now_s)
    if number == 0 or state.app is App.NOT_STARTED:
        return state, ()
    return state, (SignalApp(number),)


def _asked_to_end(state: State, number: int, now_s: float) -> Step:
    """Begin the shutdown at the first such signal; the second skips what is left of the deregistration."""
    if now_s - state.asked_s < _SAME_S and number == state.asked_by:
        return state, ()
    is_first = state.asked_s == -math.inf
    state = state._replace(asked_s=now_s, asked_by=number)
    if state.stage not in {Stage.DEREGISTERING, Stage.DRAINING}:
        if state.app is App.NOT_STARTED:
            state = state._replace(status=128 + number)
        state, effects = end(state, "signal", now_s)
        return state, (Say("info", f"{_name(number)}: shutting down"), *effects)
    if is_first:  # nobody has asked before: the application ended, or its registration failed
        return state, (
            Say("info", f"{_name(number)}: shutting down already; another signal skips the deregistration"),
        )
    return _hurried(state, number, now_s)


def _hurried(state: State, number: int, now_s: float) -> Step:
    """Skip the rest of deregistration and drain; a signal other than the first reaches the application too."""
    begun_by = state.signal
    if state.stage is Stage.DRAINING:
        state, effects = ask_app(state)
    else:
        assert state.cause is not None
        hurry = Tell(Leave(state.cause, now_s))
        state, asks = after_deregistration(state, now_s, hurry=True)
        state = state._replace(deregister_until_s=now_s + HURRY_S)
        effects = (Say("info", f"{_name(number)}: the deregistration is skipped"), hurry, *asks)
    is_news = number != begun_by and state.app is App.RUNNING
    return state, (*effects, SignalApp(number)) if is_news else effects


def _name(number: int) -> str:
    """Return a signal's name; one that has none has a number."""
    try:
        return Signals(number).name
    except ValueError:
        return f"signal {number}"


def _ticked(state: State, _: Ticked, now_s: float) -> Step:
    if now_s >= state.kill_at_s:
        return kill(state, now_s)
    if now_s >= state.deregister_until_s:
        return cut_off(state, now_s)
    if now_s >= state.drain_until_s:
        return ask_app(state)
    return oversight.looked_after(state, now_s)


_REACTIONS: dict[type, Callable[[State, Any, float], Step]] = {
    Said: oversight.said,
    BrokeProtocol: oversight.broke_protocol,
    RegistrarEnded: oversight.ended,
    RegistrarUnstartable: oversight.unstartable,
    AppEnded: _app_ended,
    AppUnstartable: _app_unstartable,
    AppOutOfReach: _app_out_of_reach,
    Alone: _alone,
    Signalled: _signalled,
    Ticked: _ticked,
}
