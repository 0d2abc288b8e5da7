"""The lines between init and the registrar: what one end writes the other end reads, and nothing else."""

import pytest

from runner.pid1.protocol import (
    MAX_LINE_BYTES,
    AppStarted,
    AwaitsStatus,
    Begin,
    Garbage,
    Held,
    Hello,
    Leave,
    Lines,
    Message,
    Over,
    Ping,
    Pong,
    Sending,
    Settled,
    States,
    Terms,
    Verdict,
    can_be_held,
    decode,
    encode,
    fitting,
)

MESSAGES: list[Message] = [
    Begin("undo", "abc", "captures", "signal", 12.5),
    Begin("register", None, None, None, None),
    AppStarted(),
    Leave("exit", 3.0),
    Over(143),
    AwaitsStatus(),
    Ping(),
    Pong(),
    Hello(1, "abc"),
    Terms("at_once", False, False, 9.0, 2.0, 0.0, 15, True, {"1": 3}, None, False, "info", "/f.yaml"),
    Sending("web", ["signal"]),
    Settled("web"),
    Begin("resume", "abc", None, None, None, None, {"web": "id"}),
    Held("text with \n and \u2028", ["signal"]),
    States(ready=True, registrations={"web": "registered"}),
    Verdict(76, "why"),
]


def test_the_states_of_very_many_registrations_fit_into_a_line_those_that_do_not_stand_first() -> None:
    names = [f"registration-{number:06}" for number in range(3000)]
    states = States(ready=False, registrations={**dict.fromkeys(names, "registered"), "last": "failed"})
    sent = fitting(states)

    assert len(encode(sent)) < MAX_LINE_BYTES
    assert next(iter(sent.registrations.items())) == ("last", "failed")
    assert sent.registrations["..."] == f"and {3001 - len(sent.registrations) + 1} more"
    assert fitting(states._replace(registrations={"web": "registered"})).registrations == {
        "web": "registered"
    }


@pytest.mark.parametrize("message", MESSAGES, ids=lambda each: type(each).__name__)
def test_a_message_is_one_line_and_comes_back_as_it_was(message: Message) -> None:
    line = encode(message)

    assert line.count(b"\n") == 1
    assert decode(line[:-1]) == message


@pytest.mark.parametrize(
    "line",
    [b"", b"{}", b"[]", b"null", b"\xff\xfe", b'["Nope"]', b'["Hello"]', b'["Hello", true, "abc"]', b'["Hello", "1", "abc"]',
     b'["Hello", 1, "abc", 2]', b'["Verdict", 1.5, "x"]', b'["Leave", "exit", null]', b'["States", 1, {}]', b"[" * 10_000, b"Traceback"],
)  # fmt: skip
def test_what_is_no_message_is_garbage(line: bytes) -> None:
    with pytest.raises(Garbage):
        decode(line)


def test_a_stream_may_be_cut_anywhere() -> None:
    stream, lines = b"".join(map(encode, MESSAGES)), Lines()

    assert [message for at in range(len(stream)) for message in lines.feed(stream[at : at + 1])] == MESSAGES


def test_a_line_without_an_end_is_garbage_and_not_kept() -> None:
    with pytest.raises(Garbage):
        Lines().feed(b"x" * (MAX_LINE_BYTES + 1))


def test_what_is_too_long_for_a_line_is_not_sent() -> None:
    with pytest.raises(Garbage):
        encode(Verdict(0, "x" * MAX_LINE_BYTES))


@pytest.mark.parametrize("filler", ["x", '"', "\u00fc"])
def test_what_can_be_held_fits_into_the_lines_that_carry_it(filler: str) -> None:
    count = next(count for count in range(70_000, 0, -100) if can_be_held(filler * count))

    assert count > 5_000
    assert encode(Held(filler * count, ["signal", "exit", "failure"]))
    assert encode(Begin("undo", "0" * 64, filler * count, "failure", 123456.789))
