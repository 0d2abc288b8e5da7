"""How init supervises the registrar: its messages, its silence, its death, and that it cannot be started.

Pure like ``machine``, of which this is the part about the registrar.
"""

import math

from runner.pid1.ending import (
    SILENCE_S,
    Step,
    after_deregistration,
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
    Message,
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
    BrokeProtocol,
    Effect,
    Exec,
    KillRegistrar,
    RegistrarEnded,
    RegistrarUnstartable,
    Said,
    Say,
    Stage,
    StartApp,
    State,
    Tell,
    UnderWay,
)

ANSWER_S = 10.0
"""How long it has to answer. After a suspend of the machine it is asked first, and not given up at once."""
_SAID_WHY = {2, BUG, 78}
"""The exit statuses of a registrar that has logged its error itself: usage, a bug, the file or its environment."""
START_AGAIN_S = 1.0
"""The wait between two tries to start a registrar where no process can be started."""
UNSTARTABLE_S = 30.0
"""How long that is tried."""
UNSTARTED = 75
"""The exit status where no registrar could be started (EX_TEMPFAIL): restarting may help."""
STEADY_S = 60.0
"""After a registrar has run so long, its death counts as the first again."""


def said(state: State, event: Said, now_s: float) -> Step:
    """React to a message of the registrar."""
    state = _seen_alive(state, event.message, now_s)
    match event.message:
        case Hello():
            return _greeted(state, event.message)
        case Terms():
            return _agreed(state._replace(terms=event.message))
        case Held(held, undo_on):
            return state._replace(held=held, undo_on=frozenset(undo_on)), ()
        case Sending(name, undo_on, captured):
            under_way = UnderWay(frozenset(undo_on), captured)
            return state._replace(sending={**state.sending, name: under_way}), ()
        case Settled(name):
            left = {each: under_way for each, under_way in state.sending.items() if each != name}
            return state._replace(sending=left), ()
        case States():
            return state._replace(states=event.message), ()
        case AwaitsStatus():
            state = state._replace(awaits_status=True, deregister_until_s=math.inf)
            return after_deregistration(state, now_s) if state.stage is Stage.DEREGISTERING else (state, ())
        case Verdict():
            return _take_verdict(state, event.message, now_s)
        case _:
            return state, ()


def _seen_alive(state: State, message: Message, now_s: float) -> State:
    if state.stage in {Stage.CHECKING, Stage.REGISTERING, Stage.RUNNING}:
        state = state._replace(watch_at_s=now_s + SILENCE_S, pinged=False)
    return state._replace(at_work=state.at_work or not isinstance(message, Hello | Terms))


def _greeted(state: State, hello: Hello) -> Step:
    state = state._replace(unstartable_since_s=None)
    if hello.protocol != VERSION:
        return _discard(state, "the registrar is of another version of enlist")
    if state.plan not in {None, hello.plan}:
        return _discard(
            state,
            "the file has changed since the registration was made; what was registered is not deregistered",
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


def _take_verdict(state: State, verdict: Verdict, now_s: float) -> Step:
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
    if state.stage is Stage.REGISTERING and not (state.terms is not None and state.terms.execs):
        state, effects = _start_app(state)
        return state, (*says, *effects)
    return state, says


def ended(state: State, event: RegistrarEnded, now_s: float) -> Step:
    """Go on without the registrar where it had done its work, and start another where it had not."""
    state = state._replace(registrar=False, watch_at_s=math.inf)
    if state.stage is Stage.DEREGISTERING:
        return _ended_while_deregistering(state, event, now_s)
    if state.stage in {Stage.DRAINING, Stage.ENDING}:
        return state._replace(deregister_until_s=math.inf), _died_late(state, event.status)
    if state.stage is Stage.CHECKING and 0 < event.status < 128:
        if event.status in _SAID_WHY:
            return state._replace(stage=Stage.ENDING, status=event.status), ()
        text = f"the registrar ended with status {event.status} before it had read the file"
        return state._replace(stage=Stage.ENDING, status=BUG), (Say("error", text),)
    if event.status == 0 and state.verdict is not None:
        return state, (Exec(),) if state.stage is Stage.REGISTERING else ()
    return _replace_or_give_up(state, event.status, now_s)


def _ended_while_deregistering(state: State, event: RegistrarEnded, now_s: float) -> Step:
    """Go on, or start a registrar to deregister where this one ended before it could, or was killed doing so."""
    if state.has_to_undo and state.mode != "undo":
        return start_undoing(state, now_s)
    if state.has_to_undo and event.status > 128 and not state.undone_again:
        says = Say("warning", f"the registrar was {_how(event.status)}, and is started once more")
        state, effects = start_undoing(state._replace(undone_again=True), now_s)
        return state, (says, *effects)
    left = leaves_behind(state, f"the registrar was {_how(event.status)}") if event.status != 0 else ()
    state, effects = after_deregistration(state, now_s)
    return state, (*left, *effects)


def _died_late(state: State, status: int) -> tuple[Effect, ...]:
    """The log lines about a registrar that ended too early, at a time when it is not replaced any more."""
    if status == 0 or state.discarded or state.killed:
        return ()
    how = f"the registrar was {_how(status)}"
    if state.awaits_status:
        return (Say("warning", f"{how}, and the reports do not tell the exit status"),)
    return leaves_behind(state, how)


def _how(status: int) -> str:
    return f"killed by signal {status - 128}" if status > 128 else f"ended with status {status}"


def _replace_or_give_up(state: State, status: int, now_s: float) -> Step:
    """The registrar died before its work was done: start another once, and give up the second time."""
    deaths = 1 if now_s - state.registrar_since_s >= STEADY_S else state.deaths + 1
    how, starved = _how(status), status == KILLED and not state.discarded
    state = state._replace(deaths=deaths, discarded=False)
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
    """Go on without a registrar for good."""
    if state.states is not None:  # nobody beats any more, so no probe may count on it
        state = state._replace(states=state.states._replace(ready=False))
    if state.terms is None:
        return state._replace(stage=Stage.ENDING, status=status), ()
    return _take_verdict(state, Verdict(status, why, not state.terms.keep_running), now_s)


def unstartable(state: State, event: RegistrarUnstartable, now_s: float) -> Step:
    """Try again for a while: processes that end soon often make room below a limit."""
    state = state._replace(registrar=False, watch_at_s=math.inf)
    text = f"no process can be started for the registrations: {event.why}"
    if state.stage is Stage.DEREGISTERING:
        says: tuple[Effect, ...] = (
            Say("warning", f"{text}; it is tried again once the application has ended"),
        )
        if state.app is not App.RUNNING:
            says = leaves_behind(state, text)
        state, effects = after_deregistration(state, now_s)
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


def broke_protocol(state: State, event: BrokeProtocol, _: float) -> Step:
    """Kill a registrar that breaks the protocol."""
    return _discard(state, f"the registrar sent {event.why}")


def _discard(state: State, why: str) -> Step:
    """Kill a registrar that is of no use; its death is then not taken for a limit on memory."""
    return state._replace(discarded=True), (Say("error", why), KillRegistrar())


def looked_after(state: State, now_s: float) -> Step:
    """Start a registrar that could not be started, and ping one that is silent."""
    if now_s >= state.start_at_s:
        return _start_again(state, now_s)
    if now_s < state.watch_at_s:
        return state, ()
    if state.pinged:
        text = f"the registrar has been silent for {SILENCE_S + ANSWER_S:.0f}s"
        return _discard(state._replace(watch_at_s=math.inf), text)
    return state._replace(pinged=True, watch_at_s=now_s + ANSWER_S), (Tell(Ping()),)
