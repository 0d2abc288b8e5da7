"""A file as its author wrote it: typed, with positions, names not yet looked up."""

from runner.language.classes import ClassSpec
from runner.language.endpoints import Endpoint
from runner.language.file import Spec
from runner.language.registrations import RegistrationSpec, VerbSpec
from runner.language.requests import StepSpec
from runner.language.value import Name

__all__ = ["ClassSpec", "Endpoint", "Name", "RegistrationSpec", "Spec", "StepSpec", "VerbSpec"]
