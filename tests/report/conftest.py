"""The command and the control plane are those of the tests of the command."""

from commands.conftest import enlist, server

__all__ = ["enlist", "server"]
