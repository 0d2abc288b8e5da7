"""sd_notify: what systemd hears, once each, over a socket of its kind."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.pid1.notify import Notifier


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.setblocking(False)
        yield heard


def test_systemd_hears_each_news_once(listener: socket.socket) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": listener.getsockname()})
    for _ in range(2):
        notifier.send(ready=False, stopping=False, status="registering")
    notifier.send(ready=True, stopping=False, status="registered")
    notifier.send(ready=False, stopping=True, status="stopping")

    assert [listener.recv(1000) for _ in range(3)] == [
        b"STATUS=registering",
        b"READY=1\nSTATUS=registered",
        b"STOPPING=1\nSTATUS=stopping",
    ]
    with pytest.raises(BlockingIOError):
        listener.recv(1000)


def test_an_abstract_socket_is_one_too() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind("\0enlist-test-notify")
        heard.settimeout(5)
        Notifier({"NOTIFY_SOCKET": "@enlist-test-notify"}).send(ready=True, stopping=False, status="x")

        assert heard.recv(1000) == b"READY=1\nSTATUS=x"


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "/nowhere/there"}])
def test_where_nobody_listens_nothing_happens(environment: dict[str, str]) -> None:
    Notifier(environment).send(ready=True, stopping=False, status="registered")
