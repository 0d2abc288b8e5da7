"""What init decides, played as histories: events in, effects out, the exit status at the end.

Nothing is started and nothing waits; the moments are numbers.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from signal import SIGHUP, SIGINT, SIGKILL, SIGTERM, SIGUSR1, SIGWINCH

import pytest
from support.terms import USUAL

from runner.pid1 import machine, oversight
from runner.pid1.protocol import (
    VERSION,
    AppStarted,
    AwaitsStatus,
    Begin,
    Held,
    Hello,
    Leave,
    Over,
    Ping,
    Pong,
    Sending,
    Settled,
    States,
    Verdict,
)
from runner.pid1.state import (
    Alone,
    AppEnded,
    AppOutOfReach,
    AppUnstartable,
    BrokeProtocol,
    Effect,
    Event,
    Exec,
    KillRegistrar,
    RegistrarEnded,
    RegistrarUnstartable,
    Said,
    Say,
    SignalApp,
    Signalled,
    Stage,
    StartApp,
    StartRegistrar,
    Tell,
    Ticked,
)
from runner.pid1.view import view_of

HELLO = Said(Hello(VERSION, "abc"))
WORKS = Said(States(ready=False, registrations={}))
GOOD = Said(Verdict(0, ""))
BAD = Said(Verdict(76, "registrations.web: rejected", ends_app=True))
TOLERATED = Said(Verdict(76, "registrations.web: rejected"))


def terms(**changes: object) -> Said:
    return Said(USUAL._replace(**changes))  # type: ignore[arg-type]  # by field


def held(*causes: str) -> Said:
    return Said(Held("captures", list(causes)))


@dataclass
class History:
    """A run, event by event."""

    now_s: float = 100.0
    done: list[Effect] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.state, effects = machine.begin(self.now_s)
        self.done += effects

    def then(self, *events: Event, after_s: float = 1.0) -> Sequence[Effect]:
        """Let events happen; returns what was done about them, but for what is only said."""
        before = len(self.done)
        for event in events:
            self.now_s += after_s
            self.state, effects = machine.react(self.state, event, self.now_s)
            self.done += effects
        return [each for each in self.done[before:] if not isinstance(each, Say)]

    def tick(self) -> Sequence[Effect]:
        """Let time pass until something is due."""
        self.now_s = self.state.next_s
        return self.then(Ticked(), after_s=0.0)

    def said(self) -> str:
        """Everything said on standard error."""
        return "\n".join(each.text for each in self.done if isinstance(each, Say))

    @property
    def status(self) -> int | None:
        """The exit status, once it is over."""
        return self.state.status if self.state.stage is Stage.OVER else None


def starting(**changes: object) -> History:
    """A run whose application was started, with its registrar still loading what it needs."""
    history = History()
    history.then(HELLO, terms(**changes))
    return history


def running(**changes: object) -> History:
    """A run whose application was started, with its registrar at work."""
    history = starting(**changes)
    history.then(WORKS)
    return history


def standing(*causes: str, **changes: object) -> History:
    """A run that is registered, and whose registrar has ended."""
    history = running(**changes)
    history.then(Said(States(ready=True, registrations={"web": "registered"})), held(*causes), GOOD)
    history.then(RegistrarEnded(0))
    return history


def test_the_file_is_read_before_anything_else_is_started() -> None:
    assert History().done == [StartRegistrar(Begin("register", None, None, None, None))]


@pytest.mark.parametrize("status", [2, 78, 70])
def test_a_file_that_cannot_be_used_ends_the_run_with_its_status_and_starts_nothing(status: int) -> None:
    history = History()

    assert history.then(RegistrarEnded(status)) == []
    assert history.status == status


@pytest.mark.parametrize("status", [1, 126, 127])
def test_a_registrar_that_cannot_even_begin_is_told_and_is_a_bug(status: int) -> None:
    history = History()
    history.then(RegistrarEnded(status))

    assert history.status == 70
    assert f"the registrar ended with status {status} before it had read the file" in history.said()


@pytest.mark.parametrize(
    ("status", "words"),
    [(3, "ended with status 3 by itself"), (139, "was ended by SIGSEGV"), (180, "was ended by signal 52")],
)
def test_the_end_of_the_application_is_told(status: int, words: str) -> None:
    history = standing()
    history.then(AppEnded(status), Alone())

    assert history.said() == f"the application {words}"


def test_the_application_is_started_as_soon_as_the_file_is_known_to_be_right() -> None:
    history = History()

    assert history.then(HELLO, terms()) == [StartApp(), Tell(AppStarted())]


def test_before_start_the_application_waits_for_the_verdict() -> None:
    history = History()

    assert history.then(HELLO, terms(register="before_start")) == []
    assert history.then(GOOD) == [StartApp(), Tell(AppStarted())]


@pytest.mark.parametrize("status", [0, 1, 7, 137, 255])
def test_the_exit_status_is_the_applications_own(status: int) -> None:
    history = standing()
    history.then(AppEnded(status), Alone())

    assert history.status == status


def test_a_failed_registration_stops_the_application_and_gives_the_status() -> None:
    history = running()
    told = history.then(BAD)

    assert told == [Tell(Leave("failure", history.now_s + 2.0)), Tell(Over(76))]
    assert history.then(RegistrarEnded(0)) == [SignalApp(SIGTERM)]
    history.then(AppEnded(0), Alone())
    assert history.status == 76
    assert "the registration failed: the application is stopped, and the exit status is 76" in history.said()


def test_a_failed_registration_before_the_start_starts_nothing() -> None:
    history = History()
    history.then(HELLO, terms(register="before_start"), BAD, RegistrarEnded(0))

    assert not any(isinstance(each, StartApp) for each in history.done)
    assert history.status == 76


@pytest.mark.parametrize("register", ["before_start", "at_once"])
def test_with_keep_running_the_application_goes_on_unregistered(register: str) -> None:
    history = History()
    history.then(HELLO, terms(register=register, keep_running=True), TOLERATED, RegistrarEnded(0))

    assert StartApp() in history.done
    assert view_of(history.state)["text"] == "running without its registration"
    history.then(AppEnded(3), Alone())
    assert history.status == 3


def test_what_nobody_keeps_any_more_is_not_ready() -> None:
    history = running(keep_running=True)
    history.then(Said(States(ready=True, registrations={"web": "registered"})), held("signal"), GOOD)
    history.then(RegistrarEnded(137))
    assert view_of(history.state)["ready"]

    history.then(RegistrarEnded(137))
    assert not view_of(history.state)["ready"]
    assert view_of(history.state)["text"] == "running without its registration"


def test_a_signal_reaches_the_application_after_the_deregistration() -> None:
    history = standing("signal")
    (start,) = history.then(Signalled(SIGTERM))

    assert start == StartRegistrar(Begin("undo", "abc", "captures", "signal", history.now_s + 8.7))
    assert history.then(HELLO, RegistrarEnded(0)) == [SignalApp(SIGTERM)]
    history.then(AppEnded(143), Alone())
    assert history.status == 143


def test_a_registrar_that_was_just_ending_when_asked_to_leave_is_started_again_to_deregister() -> None:
    history = running()
    history.then(held("signal"), GOOD, Signalled(SIGTERM))
    until_s = history.now_s + 8.7
    (start,) = history.then(RegistrarEnded(0), after_s=0.1)

    assert isinstance(start, StartRegistrar)
    assert start.begin._replace(until_s=None) == Begin("undo", "abc", "captures", "signal", None)
    assert start.begin.until_s == pytest.approx(until_s)
    assert history.then(HELLO, RegistrarEnded(0)) == [SignalApp(SIGTERM)]


def test_a_resident_registrar_that_has_deregistered_is_not_started_again() -> None:
    history = running()
    history.then(held("signal"), GOOD, Signalled(SIGTERM), held())

    assert history.then(RegistrarEnded(0)) == [SignalApp(SIGTERM)]


@pytest.mark.parametrize("number", [SIGTERM, SIGINT])
def test_where_nothing_is_undone_the_signal_reaches_the_application_at_once(number: int) -> None:
    assert standing("exit").then(Signalled(number)) == [SignalApp(number)]


def test_a_stop_signal_of_the_file_replaces_the_one_that_came() -> None:
    assert standing(stop_signal=int(SIGWINCH)).then(Signalled(SIGTERM)) == [SignalApp(SIGWINCH)]


def test_a_resident_registrar_is_told_to_leave() -> None:
    history = running()
    history.then(held("signal"), GOOD)

    assert history.then(Signalled(SIGTERM)) == [Tell(Leave("signal", history.now_s + 2.0))]


@pytest.mark.parametrize("number", [SIGHUP, SIGUSR1, SIGWINCH])
def test_other_signals_are_passed_on_at_once_and_end_nothing(number: int) -> None:
    history = standing("signal")

    assert history.then(Signalled(number)) == [SignalApp(number)]
    assert history.state.stage is Stage.RUNNING


def test_a_rewritten_signal_is_what_it_becomes() -> None:
    history = standing("signal", rewrite={str(int(SIGHUP)): int(SIGTERM), str(int(SIGUSR1)): 0})

    assert history.then(Signalled(SIGUSR1)) == []
    (start,) = history.then(Signalled(SIGHUP))
    assert isinstance(start, StartRegistrar)


def test_a_second_signal_skips_what_is_left_of_the_deregistration() -> None:
    history = standing("signal")
    history.then(Signalled(SIGTERM))

    hurry = Tell(Leave("signal", history.now_s + 1.0))
    assert history.then(Signalled(SIGTERM)) == [hurry, SignalApp(SIGTERM)]


def test_a_registrar_that_goes_on_where_it_is_to_hurry_is_killed() -> None:
    history = standing("signal")
    history.then(Signalled(SIGTERM), Signalled(SIGTERM))
    began_s = history.now_s

    assert history.tick() == [KillRegistrar()]
    assert history.now_s == began_s + 1.0
    assert "was cut off: web may still be registered" in history.said()


def test_a_registrar_that_has_hurried_is_not_looked_after_any_more() -> None:
    history = standing("signal")
    history.then(Signalled(SIGTERM), Signalled(SIGTERM), RegistrarEnded(0), after_s=0.2)

    assert history.tick() == [KillRegistrar(), SignalApp(SIGKILL)], "the deadline is next"


def test_the_same_request_to_stop_arriving_twice_at_once_is_one() -> None:
    history = standing("signal")
    history.then(Signalled(SIGINT))

    assert history.then(Signalled(SIGINT), after_s=0.01) == []


def test_a_second_signal_skips_the_drain() -> None:
    history = standing("signal", drain_s=5.0)
    history.then(Signalled(SIGTERM), RegistrarEnded(0))

    assert history.state.stage is Stage.DRAINING
    assert history.then(Signalled(SIGTERM)) == [SignalApp(SIGTERM)]


def test_a_second_signal_that_is_another_reaches_the_application_too() -> None:
    history = standing("signal")
    history.then(Signalled(SIGINT))

    then = history.then(Signalled(SIGTERM), after_s=0.01)
    assert then == [Tell(Leave("signal", history.now_s)), SignalApp(SIGINT), SignalApp(SIGTERM)]


@pytest.mark.parametrize("begins", [AppEnded(0), BAD], ids=["exit", "failure"])
def test_the_first_signal_skips_no_deregistration_that_something_else_began(begins: Event) -> None:
    history = running()
    history.then(held("exit", "failure"), begins)

    assert history.then(Signalled(SIGTERM)) == []
    cause = history.state.cause
    assert Tell(Leave(str(cause), history.now_s + 1.0)) in history.then(Signalled(SIGTERM))


def test_a_signal_that_was_ignored_when_we_were_started_is_passed_on_and_ends_nothing() -> None:
    history = running()
    history.state = history.state._replace(ignored=frozenset({SIGINT}))

    assert history.then(Signalled(SIGINT)) == [SignalApp(SIGINT)]
    assert history.state.stage is Stage.RUNNING


def test_a_registrar_that_is_killed_while_it_undoes_is_replaced_once() -> None:
    history = standing("signal")
    history.then(Signalled(SIGTERM))
    (again,) = history.then(RegistrarEnded(137), after_s=0.1)

    assert isinstance(again, StartRegistrar)
    assert history.then(RegistrarEnded(137), after_s=0.1) == [SignalApp(SIGTERM)]
    assert "web may still be registered" in history.said()


def test_a_registrar_that_a_limit_of_memory_takes_twice_may_be_restarted() -> None:
    history = running()
    history.then(RegistrarEnded(137), RegistrarEnded(137))
    history.then(AppEnded(143), Alone())

    assert history.status == 75
    assert "as a limit of memory does it" in history.said()


def test_a_deregistration_that_there_was_no_process_for_is_tried_again_once_the_application_has_ended() -> (
    None
):
    history = standing("signal")
    history.then(Signalled(SIGTERM))
    history.then(FULL, after_s=0.0)
    effects = history.then(AppEnded(143), after_s=0.1)

    assert [each.begin.mode for each in effects if isinstance(each, StartRegistrar)] == ["undo"]
    assert history.then(Alone()) == []
    assert history.status is None
    history.then(RegistrarEnded(0))
    assert history.status == 143


def test_an_application_that_even_a_kill_does_not_reach_is_told_and_not_waited_for() -> None:
    history = standing()
    history.then(Signalled(SIGTERM), AppOutOfReach(SIGTERM))
    history.tick()
    history.then(AppOutOfReach(SIGKILL), after_s=0.0)

    assert history.status == 137
    assert "the application cannot be sent SIGKILL: it runs as another user" in history.said()


def test_a_third_signal_is_passed_on() -> None:
    history = standing()
    history.then(Signalled(SIGTERM))

    assert history.then(Signalled(SIGINT)) == [SignalApp(SIGINT)]


def test_the_application_drains_between_deregistration_and_signal() -> None:
    history = standing("signal", drain_s=3.0)
    history.then(Signalled(SIGTERM))
    history.then(RegistrarEnded(0))
    drained_at_s = history.now_s + 3.0

    assert history.tick() == [SignalApp(SIGTERM)]
    assert history.now_s == drained_at_s


def test_a_dead_control_plane_costs_the_deregistration_s_own_time_and_not_the_applications() -> None:
    history = standing("signal")
    history.then(Signalled(SIGTERM))
    began_s = history.now_s

    assert history.tick() == [SignalApp(SIGTERM)]
    assert 2.0 <= history.now_s - began_s < 3.0


def test_an_application_does_not_wait_for_a_registrar_that_has_not_begun_to_register() -> None:
    history = starting()
    leave, signalled = history.then(Signalled(SIGTERM))

    assert leave == Tell(Leave("signal", history.now_s + 2.0))
    assert signalled == SignalApp(SIGTERM)
    history.then(AppEnded(0))
    assert history.tick() == [KillRegistrar()]
    history.then(RegistrarEnded(137), Alone())
    assert history.status == 0
    assert "may still be registered" not in history.said()


def test_nothing_is_said_of_the_end_of_an_application_that_has_ended() -> None:
    history = standing("exit")
    history.then(AppEnded(3), Alone())
    history.tick()

    assert history.said().endswith("the deregistration takes long, and goes on")


def test_what_one_that_was_still_starting_sends_all_the_same_is_undone_or_told() -> None:
    history = starting()
    history.then(Signalled(SIGTERM), Said(Sending("web", ["signal"])))

    assert history.tick() == [KillRegistrar()]
    assert (
        "the deregistration was cut off: what this run registered may still be registered" in history.said()
    )


def test_one_that_is_still_starting_again_deregisters_while_the_application_ends() -> None:
    history = running()
    history.then(held("signal"), GOOD, RegistrarEnded(137), HELLO, terms())
    (leave,) = history.then(Signalled(SIGTERM))

    assert isinstance(leave, Tell)
    assert isinstance(leave.message, Leave)
    assert leave.message.until_s == pytest.approx(history.now_s + 8.7)
    assert history.tick() == [SignalApp(SIGTERM)]
    assert history.then(AppEnded(0), Alone(), after_s=0.1)[-1:] != [KillRegistrar()]
    assert history.status is None
    history.then(RegistrarEnded(0), after_s=0.1)
    assert history.status == 0


def test_a_deregistration_that_takes_long_goes_on_beside_the_end_of_the_application() -> None:
    history = standing("signal")
    history.then(Signalled(SIGTERM))
    history.tick()
    history.then(AppEnded(143), Alone())

    assert history.status is None
    history.then(RegistrarEnded(0))
    assert history.status == 143


@pytest.mark.parametrize("drain_s", [0.0, 5.0])
def test_a_registrar_that_does_not_leave_in_time_is_not_waited_for_and_killed_a_moment_later(
    drain_s: float,
) -> None:
    """Its reports tell of thousands what it leaves behind, which takes it longer than a moment of the end."""
    history = running(drain_s=drain_s)
    history.then(held("signal"), GOOD, Signalled(SIGTERM))

    assert history.tick() == ([] if drain_s else [SignalApp(SIGTERM)])
    over_s = history.now_s
    assert history.tick() == [KillRegistrar()]
    assert history.now_s == over_s + 1.0


@pytest.mark.parametrize("parts", [{"deregister_s": 20.0}, {"deregister_s": 2.0, "drain_s": 60.0}])
def test_whatever_deregistration_and_drain_ask_for_the_application_is_asked_before_it_is_killed(
    parts: dict[str, float],
) -> None:
    history = standing("signal", stop_deadline_s=4.0, **parts)
    history.then(Signalled(SIGTERM))
    began_s = history.now_s
    while SignalApp(SIGTERM) not in history.done:
        history.tick()

    assert history.now_s - began_s <= 3.0
    assert SignalApp(SIGKILL) not in history.done


def test_at_the_deadline_what_is_left_is_killed() -> None:
    history = standing()
    history.then(Signalled(SIGTERM))
    began_s = history.now_s

    assert history.tick() == [KillRegistrar(), SignalApp(SIGKILL)]
    assert history.now_s == began_s + 9.0
    history.then(AppEnded(137), Alone())
    assert history.status == 137


def test_what_even_a_kill_does_not_end_is_not_waited_for() -> None:
    history = standing()
    history.then(Signalled(SIGTERM))
    history.tick()
    history.tick()

    assert history.status == 137


def awaiting_status() -> History:
    """A run that was told to end, whose registrar has undone everything and has reports to write."""
    history = running()
    history.then(held("signal"), GOOD, Signalled(SIGTERM), Said(Held("", [])))
    assert history.then(Said(AwaitsStatus())) == [SignalApp(SIGTERM)]
    return history


def test_the_registrar_that_writes_reports_is_told_the_exit_status_and_waited_for() -> None:
    history = awaiting_status()

    assert history.then(AppEnded(3)) == [SignalApp(SIGTERM), Tell(Over(3))]
    history.then(Alone())
    assert history.status is None
    history.then(RegistrarEnded(0))
    assert history.status == 3


def test_the_drain_begins_when_the_registrar_has_only_reports_to_write() -> None:
    history = running(drain_s=3.0)
    history.then(held("signal"), GOOD, Signalled(SIGTERM))

    assert history.then(Said(AwaitsStatus())) == []
    assert history.state.stage is Stage.DRAINING


def test_at_the_deadline_who_writes_the_reports_is_spared_and_told_what_the_kill_made_of_it() -> None:
    history = awaiting_status()

    assert history.tick() == [SignalApp(SIGKILL)]
    assert Tell(Over(137)) in history.then(AppEnded(137), Alone(), after_s=0.1)
    history.then(RegistrarEnded(0), after_s=0.1)
    assert history.status == 137


def test_reports_are_not_waited_for_without_an_end() -> None:
    history = awaiting_status()
    history.tick()
    history.then(AppEnded(137), Alone(), after_s=0.1)

    assert history.tick() == [KillRegistrar()]
    assert history.status == 137


def test_the_reports_tell_too_of_an_application_that_no_kill_reaches() -> None:
    history = awaiting_status()
    history.tick()

    assert history.tick() == [Tell(Over(137))]
    history.then(RegistrarEnded(0), after_s=0.1)
    assert history.status == 137


def test_a_registrar_that_dies_before_the_reports_tell_the_exit_status_is_told() -> None:
    history = awaiting_status()
    history.then(RegistrarEnded(137), AppEnded(0), Alone())

    assert history.status == 0
    assert (
        "the registrar was killed by signal 9, and the reports do not tell the exit status" in history.said()
    )


def test_what_the_application_leaves_behind_is_asked_to_end_and_waited_for() -> None:
    history = standing()

    assert history.then(AppEnded(0)) == [SignalApp(SIGTERM)]
    assert history.status is None
    history.then(Alone())
    assert history.status == 0


def test_an_application_that_ends_by_itself_is_deregistered_where_that_is_asked() -> None:
    history = standing("exit")
    effects = history.then(AppEnded(1), Alone())

    assert [type(each) for each in effects] == [SignalApp, StartRegistrar, Tell]
    history.then(RegistrarEnded(0))
    assert history.status == 1


def test_a_signal_before_there_is_an_application_ends_the_wait_with_its_number() -> None:
    history = History()
    history.then(HELLO, terms(register="before_start"))
    told = history.then(Signalled(SIGHUP))

    assert told == [Tell(Leave("signal", history.now_s + 2.0)), Tell(Over(129))]
    history.then(RegistrarEnded(0))
    assert history.status == 129


def test_a_signal_while_the_file_is_read_ends_the_run_at_once() -> None:
    history = History()

    assert history.then(Signalled(SIGTERM)) == [KillRegistrar()]
    history.then(RegistrarEnded(137))
    assert history.status == 143


def test_a_command_that_cannot_be_executed_is_deregistered_and_gives_its_status() -> None:
    history = History()
    history.then(HELLO, terms(register="before_start"), held("exit"), GOOD, RegistrarEnded(0))
    start, told = history.then(AppUnstartable(126, "/app cannot be executed"))

    assert isinstance(start, StartRegistrar)
    assert told == Tell(Over(126))
    history.then(RegistrarEnded(0))
    assert history.status == 126


def test_a_registrar_that_dies_is_started_once_more() -> None:
    history = running()
    (start,) = history.then(RegistrarEnded(137))

    assert start == StartRegistrar(Begin("register", "abc", None, None, None))
    assert history.then(HELLO, terms()) == [Tell(AppStarted())]


def test_a_registrar_that_dies_after_its_verdict_goes_on_where_it_was() -> None:
    history = running()
    history.then(held("signal"), GOOD)

    assert history.then(RegistrarEnded(137)) == [
        StartRegistrar(Begin("resume", "abc", "captures", None, None))
    ]


def test_what_is_registered_is_kept_by_the_next_registrar_though_something_else_has_failed() -> None:
    history = running(keep_running=True)
    history.then(held("exit"), TOLERATED)
    (again,) = history.then(RegistrarEnded(137))

    assert again == StartRegistrar(Begin("resume", "abc", "captures", None, None))


def test_a_registrar_that_dies_twice_is_a_bug_that_stops_the_application() -> None:
    history = running()
    history.then(RegistrarEnded(137), HELLO, terms())

    assert history.then(RegistrarEnded(139)) == [SignalApp(SIGTERM)]
    history.then(AppEnded(143), Alone())
    assert history.status == 70


def test_a_registrar_that_dies_twice_does_not_stop_an_application_that_keeps_running() -> None:
    history = running(keep_running=True)
    history.then(RegistrarEnded(137), HELLO, terms(keep_running=True), RegistrarEnded(137))

    assert not any(isinstance(each, SignalApp) for each in history.done)
    history.then(AppEnded(0), Alone())
    assert history.status == 0


def test_a_registrar_that_dies_twice_before_the_file_is_known_ends_the_run() -> None:
    history = History()
    history.then(RegistrarEnded(139), RegistrarEnded(139))

    assert history.status == 70


def test_a_registrar_that_lived_for_long_is_forgiven_its_first_death() -> None:
    history = running()
    history.then(GOOD, RegistrarEnded(137), HELLO, terms())
    (start,) = history.then(RegistrarEnded(137), after_s=oversight.STEADY_S + 1)

    assert isinstance(start, StartRegistrar)


FULL = RegistrarUnstartable("resource temporarily unavailable")


def test_a_registrar_that_cannot_be_started_is_tried_again_for_a_while_and_the_application_runs_on() -> None:
    history = running()
    history.then(RegistrarEnded(137))
    history.then(FULL)
    tries = 0
    while history.status is None and history.state.start_at_s < math.inf:
        assert isinstance(history.tick()[0], StartRegistrar)
        tries += 1
        history.then(FULL, after_s=0.0)

    assert tries >= oversight.UNSTARTABLE_S / oversight.START_AGAIN_S
    assert history.done[-1] == SignalApp(SIGTERM)
    assert "it is tried again" in history.said()
    assert history.then(AppEnded(0), Alone()) == [SignalApp(SIGTERM)]
    assert history.status == 75


def test_a_registrar_that_can_be_started_again_makes_the_run_whole() -> None:
    history = running()
    history.then(RegistrarEnded(137), FULL)
    history.tick()
    history.then(HELLO, terms(), GOOD)
    history.then(RegistrarEnded(0), AppEnded(0), Alone())

    assert history.status == 0


def test_a_deregistration_that_no_process_can_be_started_for_costs_the_application_nothing() -> None:
    history = standing("signal")
    history.then(Signalled(SIGTERM))

    assert history.then(FULL, after_s=0.0) == [SignalApp(SIGTERM)]
    assert "it is tried again once the application has ended" in history.said()
    history.then(AppEnded(143), FULL, Alone())
    assert history.status == 143


def test_a_run_for_which_no_process_can_be_started_at_all_may_be_restarted() -> None:
    history = History()
    history.then(FULL)
    while history.status is None:
        history.tick()
        history.then(FULL, after_s=0.0)

    assert history.status == 75


def test_an_application_that_its_terminal_interrupts_has_got_the_signal_that_ends_the_run() -> None:
    for interrupted, cause in ((True, "signal"), (False, "exit")):
        history = running()
        (_, leave, _) = history.then(AppEnded(130, interrupted))

        assert isinstance(leave, Tell)
        assert isinstance(leave.message, Leave)
        assert leave.message.cause == cause


def test_an_application_that_ends_with_0_has_ended_well() -> None:
    (_, leave, over) = running().then(AppEnded(0))

    assert isinstance(leave, Tell)
    assert isinstance(leave.message, Leave)
    assert leave.message.cause == "success"
    assert over == Tell(Over(0))


def test_what_was_never_registered_has_no_traffic_to_drain() -> None:
    history = running(drain_s=3.0)
    history.then(Signalled(SIGTERM))

    assert history.then(RegistrarEnded(0)) == [SignalApp(SIGTERM)]


def test_a_silent_registrar_is_asked_and_then_given_up() -> None:
    history = running()

    assert history.tick() == [Tell(Ping())]
    assert history.tick() == [KillRegistrar()]


def test_a_registrar_that_answers_is_left_alone() -> None:
    history = running()
    history.tick()
    history.then(Said(Pong()))

    assert history.tick() == [Tell(Ping())]


def test_a_registrar_that_breaks_the_protocol_is_given_up() -> None:
    history = running()

    assert history.then(BrokeProtocol("a line that is no message")) == [KillRegistrar()]


def test_a_registrar_of_another_version_is_not_listened_to() -> None:
    history = History()

    assert history.then(Said(Hello(VERSION + 1, "abc"))) == [KillRegistrar()]


def test_a_file_that_changed_since_is_left_alone_and_is_a_bug_for_who_resumes() -> None:
    history = running()
    history.then(held("signal"), GOOD, RegistrarEnded(137))

    assert history.then(Said(Hello(VERSION, "another"))) == [KillRegistrar()]
    history.then(RegistrarEnded(137), AppEnded(143), Alone())
    assert history.status == 70


def test_a_later_failure_stops_the_application_too() -> None:
    history = running()
    history.then(held("failure"), GOOD)

    assert history.then(BAD) == [Tell(Leave("failure", history.now_s + 2.0)), Tell(Over(76))]


def test_init_executes_the_application_once_nothing_is_left_to_do() -> None:
    history = History()

    assert history.then(HELLO, terms(register="before_start", execs=True), GOOD) == []
    assert history.then(RegistrarEnded(0)) == [Exec()]


def test_readiness_is_over_when_the_end_begins() -> None:
    history = standing("signal")

    assert view_of(history.state)["ready"] is True
    history.then(Signalled(SIGTERM))
    assert view_of(history.state)["ready"] is False
    assert view_of(history.state)["stopping"] is True


def test_what_a_killed_registrar_was_sending_is_told_to_the_next_one() -> None:
    history = running()
    history.then(Said(Sending("web", ["signal"])), Said(Sending("web", ["signal"], "id")))

    (again,) = history.then(RegistrarEnded(137))

    assert again == StartRegistrar(Begin("resume", "abc", None, None, None, None, {"web": "id"}))


def test_what_a_killed_registrar_was_sending_is_undone_at_the_end() -> None:
    history = running()
    history.then(Said(Sending("web", ["signal"])), Signalled(SIGTERM))

    (undo,) = history.then(RegistrarEnded(137))

    assert isinstance(undo, StartRegistrar)
    assert (undo.begin.mode, undo.begin.sending) == ("undo", {"web": ""})


def test_what_was_sent_and_left_nothing_is_not_undone() -> None:
    history = running()
    history.then(Said(Sending("web", ["signal"])), Said(Settled("web")), Signalled(SIGTERM))

    assert history.then(RegistrarEnded(137)) == [SignalApp(SIGTERM)]
