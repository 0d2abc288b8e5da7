"""How the registrar is overseen: what it says, that it is silent, that it dies or cannot be started.

Pure like ``machine``, of which this is the part about our own other half.
"""

import math

from runner.pid1.ending import (
    SILENCE_S,
    Step,
    after_goodbye,
    end,
    leaves_behind,
    start_registrar,
    start_undoing,
)
from runner.pid1.protocol import (
    VERSION,
    AppStarted,
    AwaitsStatus,
    Held,
    Hello,
    Ping,
    Sending,
    Settled,
    States,
    Terms,
    Verdict,
)
from runner.pid1.state import (
    BUG,
    KILLED,
    App,
    Babbled,
    Become,
    Effect,
    KillRegistrar,
    RegistrarEnded,
    RegistrarUnstartable,
    Said,
    Say,
    Stage,
    StartApp,
    State,
    Tell,
)

ANSWER_S = 10.0
"""So long it has for the answer. A machine that slept wakes up to the question and not to the verdict."""
_SAID_WHY = {2, BUG, 78}
"""How a registrar ends that has said what is wrong: with the usage, itself, or the file and its environment."""
START_AGAIN_S = 1.0
"""How long after a registrar could not be started that is tried again."""
UNSTARTABLE_S = 30.0
"""How long it is tried."""
UNSTARTED = 75
"""The exit status where it never could be (EX_TEMPFAIL): restarting may help."""
STEADY_S = 60.0
"""A registrar that lived so long did not die of its start; the next death counts as the first."""


def said(state: State, event: Said, now_s: float) -> Step:
    """Hear what the registrar says."""
    if state.stage in {Stage.CHECKING, Stage.REGISTERING, Stage.RUNNING}:
        state = state._replace(watch_at_s=now_s + SILENCE_S, pinged=False)
    match event.message:
        case Hello():
            return _greeted(state, event.message)
        case Terms():
            return _agreed(state._replace(terms=event.message))
        case Held(held, undo_on):
            return state._replace(held=held, undo_on=frozenset(undo_on)), ()
        case Sending(name, undo_on):
            return state._replace(sending={**state.sending, name: frozenset(undo_on)}), ()
        case Settled(name):
            left = {each: undo_on for each, undo_on in state.sending.items() if each != name}
            return state._replace(sending=left), ()
        case States():
            return state._replace(states=event.message), ()
        case AwaitsStatus():
            state = state._replace(awaits_status=True, goodbye_until_s=math.inf)
            return after_goodbye(state, now_s) if state.stage is Stage.GOODBYE else (state, ())
        case Verdict():
            return _judged(state, event.message, now_s)
        case _:
            return state, ()


def _greeted(state: State, hello: Hello) -> Step:
    state = state._replace(unstartable_since_s=None)
    if hello.protocol != VERSION:
        return _shoot(state, "the registrar is of another version of enlist")
    if state.plan not in {None, hello.plan}:
        return _shoot(
            state, "the file has changed since the registration was made; what it registered is left as it is"
        )
    return state._replace(plan=hello.plan, source=hello.source), ()


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


def _judged(state: State, verdict: Verdict, now_s: float) -> Step:
    status = verdict.status
    if state.stage not in {Stage.CHECKING, Stage.REGISTERING, Stage.RUNNING}:
        return state, ()
    state = state._replace(verdict=status)
    if status != 0 and verdict.ends_app:
        text = f"the registration failed: the application is stopped, and the exit status is {status}"
        ended, effects = end(state._replace(status=status), "failure", now_s)
        return ended, (*([Say("error", text)] if state.app is App.RUNNING else []), *effects)
    says: tuple[Effect, ...] = ()
    if status != 0:
        says = (Say("error", f"the application goes on without its registration: {verdict.cause}"),)
    if state.stage is Stage.REGISTERING and not (state.terms is not None and state.terms.become):
        state, effects = _start_app(state)
        return state, (*says, *effects)
    return state, says


def ended(state: State, event: RegistrarEnded, now_s: float) -> Step:
    """Go on without the registrar where it had done its work, and start another where it had not."""
    state = state._replace(registrar=False, watch_at_s=math.inf)
    if state.stage is Stage.GOODBYE:
        return _goodbye_ended(state, event, now_s)
    if state.stage in {Stage.DRAINING, Stage.ENDING}:
        return state._replace(goodbye_until_s=math.inf), _died_late(state, event.status)
    if state.stage is Stage.CHECKING and 0 < event.status < 128:
        if event.status in _SAID_WHY:
            return state._replace(stage=Stage.ENDING, status=event.status), ()
        text = f"the registrar ended with status {event.status} before it had read the file"
        return state._replace(stage=Stage.ENDING, status=BUG), (Say("error", text),)
    if event.status == 0 and state.verdict is not None:
        become = state.stage is Stage.REGISTERING
        return state, (Become(),) if become else ()
    return _mourn(state, event.status, now_s)


def _goodbye_ended(state: State, event: RegistrarEnded, now_s: float) -> Step:
    """Go on, unless the registrar was just ending by itself when it was asked, or died of the goodbye."""
    if state.has_to_undo and state.mode != "undo":
        return start_undoing(state, now_s)
    if state.has_to_undo and event.status > 128 and not state.undone_again:
        says = Say("warning", f"the registrar was {_how(event.status)}, and is started once more")
        state, effects = start_undoing(state._replace(undone_again=True), now_s)
        return state, (says, *effects)
    left = leaves_behind(state, f"the registrar was {_how(event.status)}") if event.status != 0 else ()
    state, effects = after_goodbye(state, now_s)
    return state, (*left, *effects)


def _died_late(state: State, status: int) -> tuple[Effect, ...]:
    """What is said of a registrar that ended before its work was done, when nothing is to be made good any more."""
    if status == 0 or state.shot or state.killed:
        return ()
    how = f"the registrar was {_how(status)}"
    if state.awaits_status:
        return (Say("warning", f"{how}, and the reports do not tell the exit status"),)
    return leaves_behind(state, how)


def _how(status: int) -> str:
    return f"killed by signal {status - 128}" if status > 128 else f"ended with status {status}"


def _mourn(state: State, status: int, now_s: float) -> Step:
    """The registrar died before its work was done: once more, and then that is how it is."""
    deaths = 1 if now_s - state.born_s >= STEADY_S else state.deaths + 1
    how, starved = _how(status), status == KILLED and not state.shot
    state = state._replace(deaths=deaths, shot=False)
    if deaths == 1:
        state, effects = _start_again(state, now_s)
        return state, (Say("warning", f"the registrar was {how}, and is started once more"), *effects)
    why = f"{how} twice{', as a limit of memory does it' if starved else ''}"
    state, effects = _give_up(state, UNSTARTED if starved else BUG, f"the registrar was {why}", now_s)
    return state, (Say("error", f"the registrar was {why}"), *effects)


def _start_again(state: State, now_s: float) -> Step:
    mode = "resume" if state.has_traces else "register"
    return start_registrar(state, mode, now_s)


def _give_up(state: State, status: int, why: str, now_s: float) -> Step:
    """There is no registrar and there will be none."""
    if state.states is not None:  # nobody keeps what stood, so no probe may count on it
        state = state._replace(states=state.states._replace(ready=False))
    if state.terms is None:
        return state._replace(stage=Stage.ENDING, status=status), ()
    return _judged(state, Verdict(status, why, not state.terms.keep_running), now_s)


def unstartable(state: State, event: RegistrarUnstartable, now_s: float) -> Step:
    """Try again for a while: a limit on processes is often reached by what ends soon."""
    state = state._replace(registrar=False, watch_at_s=math.inf)
    text = f"no process can be started for the registrations: {event.why}"
    if state.stage is Stage.GOODBYE:
        says: tuple[Effect, ...] = (
            Say("warning", f"{text}; it is tried again once the application has ended"),
        )
        if state.app is not App.RUNNING:
            says = leaves_behind(state, text)
        state, effects = after_goodbye(state, now_s)
        return state._replace(undo_late=state.app is App.RUNNING), (*says, *effects)
    if state.stage is Stage.ENDING:
        return state, leaves_behind(state, text)
    since_s = state.unstartable_since_s
    if since_s is None:
        waiting = state._replace(unstartable_since_s=now_s, start_at_s=now_s + START_AGAIN_S)
        return waiting, (Say("warning", f"{text}; it is tried again"),)
    if now_s - since_s < UNSTARTABLE_S:
        return state._replace(start_at_s=now_s + START_AGAIN_S), ()
    state, effects = _give_up(state, UNSTARTED, text, now_s)
    return state, (Say("error", text), *effects)


def babbled(state: State, event: Babbled, _: float) -> Step:
    """End a registrar whose words mean nothing."""
    return _shoot(state, f"the registrar sent {event.why}")


def _shoot(state: State, why: str) -> Step:
    """Kill a registrar that is of no use; that is not taken for a limit of memory."""
    return state._replace(shot=True), (Say("error", why), KillRegistrar())


def looked_after(state: State, now_s: float) -> Step:
    """Start a registrar that could not be started, and ask one that is silent whether it is there."""
    if now_s >= state.start_at_s:
        return _start_again(state, now_s)
    if now_s < state.watch_at_s:
        return state, ()
    if state.pinged:
        text = f"the registrar has been silent for {SILENCE_S + ANSWER_S:.0f}s"
        return _shoot(state._replace(watch_at_s=math.inf), text)
    return state._replace(pinged=True, watch_at_s=now_s + ANSWER_S), (Tell(Ping()),)
