"""How the registrations and the application beside them live together: the ``lifecycle`` of a file."""

from runner.language.lifecycle import Lifecycle, OnFailure, OnLost, ProbeKind, Ready, RegisterAt, Stop
from runner.language.registrations import DeregisterWhen
from runner.language.signals import Signals
from runner.language.terms import Cause

__all__ = [
    "Cause",
    "DeregisterWhen",
    "Lifecycle",
    "OnFailure",
    "OnLost",
    "ProbeKind",
    "Ready",
    "RegisterAt",
    "Signals",
    "Stop",
]
