"""Gives a test a port of the loopback on which nobody listens."""

import socket

import pytest


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        port: int = holder.getsockname()[1]
        return port
