"""What every test relies on: the dispositions of signals, whoever started the suite and how; and which are fast.

Below ``nohup``, or as a job of a shell, some are ignored, and everything that a test starts inherits that: what
is asked to end by such a signal never does.
"""

import signal
import socket

import pytest
from support import fast

from runner.adapters.output import KNOWN

_RELIED_ON = {signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2}

for number in _RELIED_ON:
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_UNBLOCK, _RELIED_ON)


def pytest_configure(config: pytest.Config) -> None:
    """Watch the fast tests, where they are asked for."""
    if "fast" in config.option.markexpr:
        config.pluginmanager.register(fast.Guard())


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the fast tests, before those that are asked for are chosen."""
    fast.mark(items)


@pytest.fixture(autouse=True)
def _nothing_is_known() -> None:
    """Begin each test as a process begins: what an earlier one had to keep secret is a word like all others."""
    KNOWN.forget()


@pytest.fixture
def unused_port() -> int:
    """Return a port of the loopback on which nobody listens."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        port: int = holder.getsockname()[1]
        return port
