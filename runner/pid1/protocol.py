"""The protocol between init and the registrar: the contract, in one place, for both ends.

JSON lines over two pipes that only the registrar inherits. Init opens with ``Begin``; the registrar's first line is
``Hello``. A line that cannot be read, is too long or comes from another version ends the conversation: the
end that reads it raises ``Garbage``, and init then treats the registrar as one that died.

Times that cross the line are on the monotonic clock, which all processes of a machine share.
"""

import json
import types
from collections.abc import Mapping
from typing import Any, NamedTuple, get_type_hints

VERSION = 1
MAX_LINE_BYTES = 64 * 1024
"""What an empty pipe takes without anybody reading: init never waits for a write."""
MAX_HELD_BYTES = 60 * 1024
"""How much of captures a registrar may hand over, as it is encoded in a line."""

REGISTRAR = "registrar"
"""The first word of the registrar's command line; its descriptors and the arguments of ``run`` follow."""


class Garbage(ValueError):
    """Something that is no line of this protocol; the text says why."""


class Begin(NamedTuple):
    """From init: what to do, as the first line."""

    mode: str
    """``register``; ``resume`` what is registered already; ``undo``: deregister it."""
    plan: str | None
    """The sha256 of the file that an earlier registrar read; the file must still be that one."""
    held: str | None
    """What an earlier registrar handed over."""
    cause: str | None
    until_s: float | None
    """For ``undo``: why the run ends, and when the deregistration must be over."""
    source: str | None = None
    """The file as an earlier registrar read it and said in its ``Hello``."""
    sending: Mapping[str, str] | None = None
    """The registrations that an earlier registrar was sending when it ended, which the server may have, and what their
    steps had captured."""


class AppStarted(NamedTuple):
    """From init: the application runs."""


class Leave(NamedTuple):
    """From init, a shutdown request: finish what is in flight, deregister what ``cause`` asks for, and end."""

    cause: str
    until_s: float


class Over(NamedTuple):
    """From init: the exit status of the whole, which nothing can change any more: the reports say the same."""

    status: int


class Ping(NamedTuple):
    """From init: are you still there?"""


class Hello(NamedTuple):
    """From the registrar: who speaks, and about which file."""

    protocol: int
    plan: str
    source: str | None = None
    """The file's content, for the registrar that comes after; none where it is too large."""


class Terms(NamedTuple):
    """From the registrar: what init must know of the file's lifecycle. The file is valid; the rest may take long."""

    register: str
    keep_running: bool
    execs: bool
    """Whether init replaces itself by the application (``--exec``) once everything is registered."""
    stop_deadline_s: float
    deregister_s: float
    drain_s: float
    stop_signal: int | None
    """None leaves it at the signal that arrived."""
    to_group: bool
    rewrite: Mapping[str, int]
    """Signal number, as text, to the number sent in its place; 0 drops it."""
    parent_death: int | None
    log_as_json: bool
    log_level: str
    file: str


class Held(NamedTuple):
    """From the registrar: what must be known to undo or resume, and the causes for which there is something to undo."""

    held: str
    undo_on: list[str]


class Sending(NamedTuple):
    """From the registrar: it is about to send what registers, and for which causes that is to be deregistered."""

    name: str
    undo_on: list[str]
    captured: str = ""
    """What its steps have captured, for the registrar that comes after; empty where that is nothing, or too much."""


class Settled(NamedTuple):
    """From the registrar: that request has ended, and ``Held`` says what came of it."""

    name: str


class States(NamedTuple):
    """From the registrar: the state of each registration."""

    ready: bool
    """All required registrations are active."""
    registrations: Mapping[str, str]


class Verdict(NamedTuple):
    """From the registrar: registering has come to an end; later on, that it has failed after all, or come back."""

    status: int
    cause: str
    ends_app: bool = False
    """Whether the file ends the application for that."""


class AwaitsStatus(NamedTuple):
    """From the registrar: the deregistration is over; only the reports are left to write, with the exit status."""


class Pong(NamedTuple):
    """From the registrar: still here."""


Message = (
    Begin
    | AppStarted
    | Leave
    | Over
    | Ping
    | Hello
    | Terms
    | Held
    | Sending
    | Settled
    | States
    | Verdict
    | AwaitsStatus
    | Pong
)
_KINDS: dict[str, Any] = {kind.__name__: kind for kind in Message.__args__}


def can_be_held(held: str) -> bool:
    """Whether what a registrar would hand over fits into a line; where not, it goes on running and keeps it itself."""
    return len(json.dumps(held)) <= MAX_HELD_BYTES


def can_be_kept(source: str, held: str | None = None, sending: Mapping[str, str] | None = None) -> bool:
    """Whether a file's content fits into a line, beside what is handed over."""
    return len(source) + len(json.dumps([held, dict(sending or {})])) <= MAX_HELD_BYTES


def fitting(states: States) -> States:
    """Return states that fit into a line: of very many registrations those that are not registered come first."""
    if len(json.dumps(states)) <= MAX_HELD_BYTES:
        return states
    ordered = sorted(states.registrations.items(), key=lambda each: each[1] == "registered")
    shown: dict[str, str] = {}
    left = MAX_HELD_BYTES
    for name, state in ordered:
        left -= len(json.dumps([name, state])) + 1
        if left < 0:
            shown["..."] = f"and {len(ordered) - len(shown)} more"
            break
        shown[name] = state
    return States(states.ready, shown)


def encode(message: Message) -> bytes:
    """Return a message as a line.

    Raises:
        Garbage: when it is too long.
    """
    line = json.dumps([type(message).__name__, *message]).encode() + b"\n"
    if len(line) > MAX_LINE_BYTES:
        raise Garbage(f"a line of {len(line)} bytes")
    return line


def decode(line: bytes) -> Message:
    """Return the message of a line without its newline.

    Raises:
        Garbage: when it is none.
    """
    try:
        name, *fields = json.loads(line)
        kind = _KINDS[name]
        hints = get_type_hints(kind)
        if len(fields) != len(hints) or not all(map(_fits, fields, hints.values())):
            raise Garbage(f"a {name} with wrong fields")
        message: Message = kind(*fields)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, Garbage):
            raise
        raise Garbage(f"a line that is no message: {line[:40]!r}") from error
    return message


def _fits(value: object, hint: Any) -> bool:
    if isinstance(hint, types.UnionType):
        return any(_fits(value, each) for each in hint.__args__)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    origin = getattr(hint, "__origin__", hint)
    return isinstance(value, dict if origin is Mapping else origin)


class Lines:
    """Cuts a stream into messages."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Message]:
        """Return the messages that are complete now.

        Raises:
            Garbage: when what came is no message, or a line does not end.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MAX_LINE_BYTES:
            raise Garbage("a line without an end")
        return [decode(line) for line in lines]
