"""The model of a server: what it takes, what it lets wait, what it refuses, and what befalls it."""

from random import Random

import pytest

from runner.language.scenario import Event, Scenario, Server, Trouble
from runner.language.terms import VerbName
from runner.simulate.server import Arrival, ServerModel, useful_at

STEADY = Server(capacity=10, queue=5, typical_s=0.001, slow_s=0.001)


def scenario(*events: Event, server: Server = STEADY) -> Scenario:
    return Scenario(version=1, title="it", server=server, events=events)


def model(*events: Event, server: Server = STEADY) -> ServerModel:
    return ServerModel(scenario(*events, server=server), Random(0).random)


def request(
    at_s: float, container: int = 0, verb: VerbName = VerbName.REGISTER, *, idempotent: bool = True
) -> Arrival:
    writes = verb is not VerbName.VERIFY
    return Arrival(at_s=at_s, container=container, verb=verb, writes=writes, idempotent=idempotent)


def test_requests_of_one_moment_are_served_one_after_the_other_and_those_beyond_the_queue_refused() -> None:
    server = model()

    served = [server.meet(request(0.0, number)) for number in range(8)]

    assert [each.status for each in served] == [200] * 6 + [503] * 2
    assert [round(each.delay_s, 2) for each in served[:6]] == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    assert [each.cost for each in served] == [True] * 6 + [False] * 2


def test_what_waits_is_served_with_time() -> None:
    server = model()
    for number in range(8):
        server.meet(request(0.0, number))

    assert server.meet(request(0.1, 8)).status == 200
    assert round(server.meet(request(10.0, 9)).delay_s, 2) == 0.1


def test_in_an_outage_connections_are_refused() -> None:
    server = model(Event(what=Trouble.OUTAGE, after_s=1.0, until_s=2.0))

    assert [server.meet(request(at_s)).status for at_s in (0.0, 1.0, 1.9, 2.0)] == [200, None, None, 200]


def test_a_brownout_serves_more_slowly() -> None:
    server = model(Event(what=Trouble.BROWNOUT, capacity=1, until_s=10.0))

    assert server.meet(request(0.0)).delay_s == pytest.approx(1.0, abs=0.1)
    assert server.meet(request(20.0)).delay_s == pytest.approx(0.1, abs=0.01)


def test_what_waits_while_it_starts_slowly_is_served_faster_later() -> None:
    server = model(Event(what=Trouble.SLOW_START, until_s=10.0))

    delays = [server.meet(request(0.0, number)).delay_s for number in range(5)]

    # The integral of t is t * t / 2: five requests are served when that is 5.
    assert delays[-1] == pytest.approx(10**0.5, rel=0.1)


def test_a_rate_limit_lets_so_many_through_and_says_when_to_come_again() -> None:
    server = model(Event(what=Trouble.RATE_LIMIT, capacity=2, retry_after_s=10.0))

    served = [server.meet(request(0.0, number)) for number in range(4)]

    assert [each.status for each in served] == [200, 200, 429, 429]
    assert served[-1].retry_after_s == 10.0
    assert server.meet(request(0.5, 5)).status == 200


def test_a_share_of_the_answers_is_an_error_or_lost() -> None:
    server = model(
        Event(what=Trouble.FAILING, share=0.5, status=500),
        Event(what=Trouble.LOST_ANSWERS, share=0.5),
    )
    served = [server.meet(request(float(second))) for second in range(1000)]

    assert sum(each.status == 500 for each in served) == pytest.approx(500, abs=50)
    assert sum(each.is_lost for each in served) == pytest.approx(250, abs=50)
    assert all(each.cost for each in served)


def test_who_is_not_known_is_told_so_and_after_a_loss_of_data_nobody_is() -> None:
    server = model(Event(what=Trouble.FORGET, after_s=5.0))
    beat = VerbName.HEARTBEAT

    assert server.meet(request(0.0, 1, beat)).is_forgotten
    server.meet(request(1.0, 1))
    assert not server.meet(request(2.0, 1, beat)).is_forgotten
    assert server.meet(request(6.0, 1, beat)).is_forgotten
    server.meet(request(7.0, 1))
    assert not server.meet(request(8.0, 1, beat)).is_forgotten


def test_what_is_not_idempotent_creates_twice() -> None:
    server = model()
    for at_s, idempotent in ((0.0, False), (1.0, True), (2.0, False)):
        server.meet(request(at_s, idempotent=idempotent))

    assert server.duplicates == 1


def test_latency_has_the_median_and_the_slowest_of_a_hundred_that_the_scenario_says() -> None:
    server = model(server=Server(capacity=1e6, typical_s=0.02, slow_s=0.2))
    delays = sorted(server.meet(request(float(second))).delay_s for second in range(4000))

    assert delays[2000] == pytest.approx(0.02, rel=0.1)
    assert delays[3960] == pytest.approx(0.2, rel=0.25)


def test_what_could_be_answered_well_is_less_in_trouble() -> None:
    troubled = scenario(
        Event(what=Trouble.OUTAGE, until_s=1.0),
        Event(what=Trouble.FAILING, share=0.5, after_s=1.0, until_s=2.0),
        Event(what=Trouble.RATE_LIMIT, capacity=3, after_s=2.0, until_s=3.0),
    )

    assert [useful_at(troubled, at_s) for at_s in (0.5, 1.5, 2.5, 3.5)] == [0.0, 5.0, 3, 10]
