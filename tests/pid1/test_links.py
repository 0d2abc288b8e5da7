"""The two ends of the pipes together: messages cross, and neither end ever waits for a dead other."""

import asyncio
import os
import subprocess
import sys

import pytest

from runner.adapters.link import InitLink
from runner.pid1.link import Link
from runner.pid1.protocol import AppStarted, Begin, Garbage, Hello, Leave, Message, Verdict

BEGIN = Begin("register", None, None, None, None)


@pytest.fixture
def ends() -> tuple[Link, InitLink]:
    link = Link()
    return link, InitLink(*link.theirs)


def test_messages_cross_both_ways(ends: tuple[Link, InitLink]) -> None:
    ours, theirs = ends
    ours.send(BEGIN)
    theirs.send(Hello(1, "abc"))
    theirs.send(Verdict(0, ""))

    assert theirs.receive() == BEGIN
    assert ours.receive() == [Hello(1, "abc"), Verdict(0, "")]
    assert ours.receive() == []


def test_the_registrar_gets_messages_while_it_works(ends: tuple[Link, InitLink]) -> None:
    ours, theirs = ends
    heard: list[Message | None] = []

    async def work() -> None:
        theirs.listen(heard.append)
        ours.send(AppStarted())
        ours.send(Leave("signal", 5.0))
        for _ in range(100):
            await asyncio.sleep(0)
            if len(heard) == 2:
                break

    asyncio.run(work())

    assert heard == [AppStarted(), Leave("signal", 5.0)]


@pytest.mark.parametrize("what", ["end", "nonsense"])
def test_the_registrar_hears_when_init_is_gone_or_says_nonsense(what: str) -> None:
    reading, theirs = os.pipe()
    heard: list[Message | None] = []

    async def work() -> None:
        InitLink(reading, theirs).listen(heard.append)
        os.write(theirs, b"nonsense\n") if what == "nonsense" else os.close(theirs)
        for _ in range(100):
            await asyncio.sleep(0)
            if heard:
                break

    asyncio.run(work())

    assert heard == [None]


def test_init_does_not_wait_for_a_registrar_that_does_not_read(ends: tuple[Link, InitLink]) -> None:
    ours, _ = ends

    assert not all(ours.send(Verdict(0, "x" * 10_000)) for _ in range(100))


def test_what_is_said_to_a_dead_registrar_is_dropped() -> None:
    ours = Link()
    ours.hand_over()

    assert ours.send(BEGIN)
    assert ours.receive() is None


def test_init_notices_garbage(ends: tuple[Link, InitLink]) -> None:
    ours, _ = ends
    os.write(ours.theirs[1], b"Traceback (most recent call last):\n")

    with pytest.raises(Garbage):
        ours.receive()


def test_what_a_registrar_said_before_it_died_is_heard(ends: tuple[Link, InitLink]) -> None:
    ours, theirs = ends
    theirs.send(Verdict(76, "why"))
    os.write(ours.theirs[1], b"half a li")
    ours.hand_over()

    assert ours.drain() == ([Verdict(76, "why")], None)


def test_the_pipes_are_not_for_what_the_registrar_starts_itself(ends: tuple[Link, InitLink]) -> None:
    assert [os.get_inheritable(each) for each in ends[0].theirs] == [False, False]


def test_a_registrar_that_waits_for_something_else_ends_with_its_init_all_the_same() -> None:
    blocked = (
        "import os, sys; from runner.adapters.link import InitLink; link = InitLink(int(sys.argv[1]), 1)"
    )
    blocked += "; link.end_with_init(); print('waits', flush=True); os.read(int(sys.argv[2]), 1)"
    reading, writing = os.pipe()
    never, says_nothing = os.pipe()
    words = [sys.executable, "-c", blocked, str(reading), str(never)]
    with subprocess.Popen(words, pass_fds=(reading, never), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"waits\n"
        os.close(writing)

        assert process.wait(timeout=20) == 70
    for descriptor in (reading, never, says_nothing):
        os.close(descriptor)
