"""Binding again while a run stays: what a beat costs depends on its own registration and on files that changed."""

from collections.abc import Mapping

from support.harness import NoFiles, plan_of

from runner.config.binding.rebind import Rebinder
from runner.language.terms import VerbName
from runner.model.secret import reveal

FILE = """\
version: 1
endpoints:
  one: {url: "http://one", auth: {bearer: "${file:/token}"}}
  other: {url: "http://other", auth: {bearer: "${file:/other}"}}
registrations:
  web: {endpoint: one, request: {method: PUT, path: /web}, heartbeat: {every: 5s, request: {path: /beat}}}
  db: {endpoint: other, request: {method: PUT, path: /db}, heartbeat: {every: 5s, request: {path: /beat}}}
"""
VERBS = (VerbName.REGISTER, VerbName.HEARTBEAT)


class CountingFiles(NoFiles):
    """Files that know what was read."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        super().__init__(contents)
        self.read_paths: list[str] = []

    def read(self, path: str, max_bytes: int) -> bytes:
        """See ``ports.Files``."""
        self.read_paths.append(path)
        return super().read(path, max_bytes)


def test_only_the_files_of_the_registration_that_beats_are_read() -> None:
    files = CountingFiles({"/token": b"one-111111"})
    bound = Rebinder(plan_of(FILE), {}, files)(VERBS, "web")

    assert bound is not None
    assert set(files.read_paths) == {"/token"}


def test_nothing_is_bound_again_while_no_file_says_something_else() -> None:
    rebind = Rebinder(plan_of(FILE), {}, NoFiles({"/token": b"one-111111"}))

    assert rebind(VERBS, "web") is rebind(VERBS, "web")


def test_a_file_that_was_written_anew_is_taken_at_the_next_beat() -> None:
    files = NoFiles({"/token": b"one-111111"})
    rebind = Rebinder(plan_of(FILE), {}, files)
    rebind(VERBS, "web")
    files.contents["/token"] = b"two-222222"
    bound = rebind(VERBS, "web")

    assert bound is not None
    assert reveal(bound.scope.files["/token"]) == "two-222222"


def test_values_that_cannot_be_read_are_none_until_they_can() -> None:
    files = NoFiles({})
    rebind = Rebinder(plan_of(FILE), {}, files)
    assert rebind(VERBS, "web") is None
    files.contents["/token"] = b"one-111111"

    assert rebind(VERBS, "web") is not None
