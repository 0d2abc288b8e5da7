"""What init does next: a pure function of what it knows, what happened and when.

One function an event, one function a stage of the end; nothing here waits, signals or forks (``driver`` does), so
every history can be played in a test. The exit status is decided once: by a registration that failed and stops
the application, by a signal before there was an application, else by the application.
"""

import math
from collections.abc import Callable
from signal import SIGTERM, Signals
from typing import Any

from runner.init.ending import (
    SILENCE_S,
    Step,
    after_goodbye,
    ask_app,
    end,
    kill,
    start_registrar,
    start_undoing,
    undoing_began,
)
from runner.init.protocol import VERSION, AppStarted, Held, Hello, Ping, States, Terms, Verdict
from runner.init.state import (
    BUG,
    ENDS_THE_RUN,
    ENDS_THE_WAIT,
    Alone,
    App,
    AppEnded,
    AppUnstartable,
    Babbled,
    Become,
    Effect,
    Event,
    KillRegistrar,
    RegistrarEnded,
    Said,
    Say,
    SignalApp,
    Signalled,
    Stage,
    StartApp,
    State,
    Tell,
    Ticked,
)

ANSWER_S = 10.0
"""So long it has for the answer. A machine that slept wakes up to the question and not to the verdict."""
_SAID_WHY = {2, BUG, 78}
"""How a registrar ends that has said what is wrong: with the usage, itself, or the file and its environment."""
STEADY_S = 60.0
"""A registrar that lived so long did not die of its start; the next death counts as the first."""
_SAME_S = 0.1
"""One wish can arrive twice, from a terminal and from a wrapper that passes it on; a second wish takes longer."""


def begin(now_s: float) -> Step:
    """Return the first state: the file is read before anything else is started."""
    return start_registrar(State(), "register", now_s)


def react(state: State, event: Event, now_s: float) -> Step:
    """Return what follows an event.

    Args:
        state: what is known.
        event: what happened.
        now_s: when, on the monotonic clock.

    Returns:
        The new state, and what is to be done, in order. A state whose stage is ``OVER`` has the exit status.
    """
    state, effects = _REACTIONS[type(event)](state, event, now_s)
    over = (
        state.stage is Stage.ENDING and state.app is not App.RUNNING and state.alone and not state.registrar
    )
    if over:
        status = state.status if state.status is not None else state.app_status
        state = state._replace(stage=Stage.OVER, status=BUG if status is None else status)
    return state, effects


def _said(state: State, event: Said, now_s: float) -> Step:
    if state.stage in {Stage.CHECKING, Stage.REGISTERING, Stage.RUNNING}:
        state = state._replace(watch_at_s=now_s + SILENCE_S, pinged=False)
    match event.message:
        case Hello():
            return _greeted(state, event.message)
        case Terms():
            return _agreed(state._replace(terms=event.message))
        case Held(held, undo_on):
            return state._replace(held=held, undo_on=frozenset(undo_on)), ()
        case States():
            if state.stage is Stage.GOODBYE and state.mode == "undo" and not state.undoing:
                state = undoing_began(state, now_s)._replace(undoing=True)
            return state._replace(states=event.message), ()
        case Verdict(status, cause):
            return _judged(state, status, cause, now_s)
        case _:
            return state, ()


def _greeted(state: State, hello: Hello) -> Step:
    if hello.protocol != VERSION:
        return state, (Say("error", "the registrar is of another version of enlist"), KillRegistrar())
    if state.plan not in {None, hello.plan}:
        text = "the file has changed since the registration was made; what it registered is left as it is"
        return state, (Say("error", text), KillRegistrar())
    return state._replace(plan=hello.plan), ()


def _agreed(state: State) -> Step:
    assert state.terms is not None
    if state.stage is not Stage.CHECKING:
        return state, (Tell(AppStarted()),) if state.app is App.RUNNING else ()
    if state.terms.register == "before_start":
        return state._replace(stage=Stage.REGISTERING), ()
    return _start_app(state)


def _start_app(state: State) -> Step:
    state = state._replace(stage=Stage.RUNNING, app=App.RUNNING, alone=False)
    return state, (StartApp(), *([Tell(AppStarted())] if state.registrar else []))


def _judged(state: State, status: int, cause: str, now_s: float) -> Step:
    if state.stage not in {Stage.CHECKING, Stage.REGISTERING, Stage.RUNNING}:
        return state, ()
    state = state._replace(verdict=status)
    tolerated = status == 0 or (state.terms is not None and state.terms.keep_running)
    if not tolerated:
        text = f"the registration failed: the application is stopped, and the exit status is {status}"
        ended, effects = end(state._replace(status=status), "failure", now_s)
        return ended, (*([Say("error", text)] if state.app is App.RUNNING else []), *effects)
    says: tuple[Effect, ...] = ()
    if status != 0:
        says = (Say("error", f"the application goes on without its registration: {cause}"),)
    if state.stage is Stage.REGISTERING and not (state.terms is not None and state.terms.become):
        state, effects = _start_app(state)
        return state, (*says, *effects)
    return state, says


def _registrar_ended(state: State, event: RegistrarEnded, now_s: float) -> Step:
    state = state._replace(registrar=False, watch_at_s=math.inf)
    if state.stage is Stage.GOODBYE:
        return _goodbye_ended(state, now_s)
    if state.stage in {Stage.DRAINING, Stage.ENDING}:
        return state, ()
    if state.stage is Stage.CHECKING and 0 < event.status < 128:
        if event.status in _SAID_WHY:
            return state._replace(stage=Stage.ENDING, status=event.status), ()
        text = f"the registrar ended with status {event.status} before it had read the file"
        return state._replace(stage=Stage.ENDING, status=BUG), (Say("error", text),)
    if event.status == 0 and state.verdict is not None:
        become = state.stage is Stage.REGISTERING
        return state, (Become(),) if become else ()
    return _mourn(state, event.status, now_s)


def _goodbye_ended(state: State, now_s: float) -> Step:
    """Go on, unless the registrar was just ending by itself when it was asked, and undid nothing."""
    left_undone = state.held is not None and state.cause in state.undo_on
    if left_undone and state.mode != "undo":
        return start_undoing(state, now_s)
    return after_goodbye(state, now_s)


def _mourn(state: State, status: int, now_s: float) -> Step:
    """The registrar died before its work was done: once more, and then that is how it is."""
    deaths = 1 if now_s - state.born_s >= STEADY_S else state.deaths + 1
    how = f"killed by signal {status - 128}" if status > 128 else f"ended with status {status}"
    state = state._replace(deaths=deaths)
    if deaths == 1:
        mode = "resume" if state.held is not None and state.verdict == 0 else "register"
        state, effects = start_registrar(state, mode, now_s)
        return state, (Say("warning", f"the registrar was {how}, and is started once more"), *effects)
    says = Say("error", f"the registrar was {how} again")
    if state.states is not None:  # nobody keeps what stood, so no probe may count on it
        state = state._replace(states=state.states._replace(ready=False))
    if state.terms is None:
        return state._replace(stage=Stage.ENDING, status=BUG), (says,)
    state, effects = _judged(state, BUG, f"the registrar was {how} twice", now_s)
    return state, (says, *effects)


def _babbled(state: State, event: Babbled, _: float) -> Step:
    return state, (Say("error", f"the registrar sent {event.why}"), KillRegistrar())


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
        state, more = end(state, "exit", now_s)
    elif state.stage is Stage.DRAINING:
        state, more = state._replace(stage=Stage.ENDING, drain_until_s=math.inf), ()
    else:
        more = ()
    return state, (*effects, *more)


def _app_unstartable(state: State, event: AppUnstartable, now_s: float) -> Step:
    state = state._replace(app=App.ENDED, alone=True, app_status=event.status)
    state, effects = end(state, "exit", now_s)
    return state, (Say("error", event.why), *effects)


def _alone(state: State, _: Alone, __: float) -> Step:
    return state._replace(alone=True), ()


def _signalled(state: State, event: Signalled, now_s: float) -> Step:
    number = event.number
    if state.terms is not None:
        number = state.terms.rewrite.get(str(number), number)
    ends = ENDS_THE_WAIT if state.app is App.NOT_STARTED else ENDS_THE_RUN
    if number in ends and state.stage is not Stage.ENDING:
        return _asked_to_end(state._replace(signal=state.signal or number), number, now_s)
    if number == 0 or state.app is App.NOT_STARTED:
        return state, ()
    return state, (SignalApp(number),)


def _asked_to_end(state: State, number: int, now_s: float) -> Step:
    """The first such signal begins the end; another one skips what is left of the goodbye."""
    if now_s - state.asked_s < _SAME_S:
        return state, ()
    state = state._replace(asked_s=now_s)
    match state.stage:
        case Stage.GOODBYE:
            state, effects = after_goodbye(state, now_s, hurry=True)
            return state, (KillRegistrar(), *effects)
        case Stage.DRAINING:
            return ask_app(state)
        case _:
            if state.app is App.NOT_STARTED:
                state = state._replace(status=128 + number)
            state, effects = end(state, "signal", now_s)
            return state, (Say("info", f"{_name(number)}: the end begins"), *effects)


def _name(number: int) -> str:
    """Return a signal's name; one that has none has a number."""
    try:
        return Signals(number).name
    except ValueError:
        return f"signal {number}"


def _ticked(state: State, _: Ticked, now_s: float) -> Step:
    if now_s >= state.kill_at_s:
        return kill(state, now_s)
    if now_s >= state.goodbye_until_s:
        state, effects = after_goodbye(state, now_s)
        return state, (Say("warning", "the goodbye took too long and was cut off"), KillRegistrar(), *effects)
    if now_s >= state.drain_until_s:
        return ask_app(state)
    if now_s < state.watch_at_s:
        return state, ()
    if state.pinged:
        text = f"the registrar has been silent for {SILENCE_S + ANSWER_S:.0f}s"
        return state._replace(watch_at_s=math.inf), (Say("error", text), KillRegistrar())
    return state._replace(pinged=True, watch_at_s=now_s + ANSWER_S), (Tell(Ping()),)


_REACTIONS: dict[type, Callable[[State, Any, float], Step]] = {
    Said: _said,
    Babbled: _babbled,
    RegistrarEnded: _registrar_ended,
    AppEnded: _app_ended,
    AppUnstartable: _app_unstartable,
    Alone: _alone,
    Signalled: _signalled,
    Ticked: _ticked,
}
