"""A script: what a control plane answers, in order."""

from runner.language.stories import Answer, Expected, ScriptedTest

__all__ = ["Answer", "Expected", "ScriptedTest"]
