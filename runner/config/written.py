"""The secrets that stand in a file, which should hold none: what is said about the file must not spread them.

A hook's log is read by more people than the file. What stands in ``auth``, before the ``@`` of a URL, below a key with
a secret's name, and the value or default of a variable that is secret or used there, is masked in all findings and in
their excerpts. The file may have mistakes, so this looks at what was read, before it has types.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, overload

from msgspec import structs

from runner.model.diagnostic import Diagnostic
from runner.values.secret import Redactor

SECRET_NAME = re.compile(
    r"(^|[-_.])(authorization|bearer|password|passwd|secret|token|cookie|credentials?)$"
    r"|(api|access|auth|private|secret|account)[-_]?key$",
    re.IGNORECASE,
)
NO_VALUES = {"capture", "expect", "match", "failure_classes", "message", "tls"}
"""Keys below which a name says where something is found, and not what it is."""
_MAX_CHARS = 256 * 1024
"""Of all secrets of one file: to know more takes hundreds of megabytes, and who has more learns no more than the place."""
_NOT_SHOWN = "what is wrong here is not shown, because too much of the file is secret"
_USERINFO = re.compile(r"://((?:\$\{[^}]*\}|[^/@\s$]|\$(?!\{))*)@")
_PLACEHOLDER = re.compile(r"\$\{(?:var\.([a-z0-9_-]+)|[A-Z0-9_]+:-([^}]*)|[^}]*)\}")


class WrittenSecrets:
    """Hides what a file holds of secrets; they are looked for when something is to be said of it."""

    def __init__(self, data: Any) -> None:
        self._data = data

    @cached_property
    def texts(self) -> frozenset[str] | None:
        """The secrets of the file; none where they are too many to be known."""
        secrets = frozenset(secrets_written(self._data))
        return None if sum(map(len, secrets)) > _MAX_CHARS else secrets

    @cached_property
    def redactor(self) -> Redactor | None:
        """Knows the secrets of the file; none where they are too many to be known."""
        if self.texts is None:
            return None
        redactor = Redactor()
        redactor.hold("file", self.texts)
        return redactor

    def hide(self, findings: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
        """Return the findings without the secrets."""
        return tuple(hide(finding, self.redactor) for finding in findings)

    def blank(self, line: str) -> str:
        """Return a line of the file with its secrets blanked out."""
        return "*" * len(line) if self.redactor is None else self.redactor.blank(line)


class Excerpts(Sequence[str]):
    """The lines of a file, of which each is shown without secrets and at its length."""

    def __init__(self, lines: Sequence[str], secrets: WrittenSecrets) -> None:
        self._lines = lines
        self._secrets = secrets
        self._blanked: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._lines)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[str, ...]: ...
    def __getitem__(self, at: int | slice) -> str | tuple[str, ...]:
        """Return one line, or some."""
        if isinstance(at, slice):
            return tuple(self[each] for each in range(*at.indices(len(self))))
        if at not in self._blanked:
            self._blanked[at] = self._secrets.blank(self._lines[at])
        return self._blanked[at]


def hide(finding: Diagnostic, redactor: Redactor | None) -> Diagnostic:
    """Return a finding without what the redactor knows; its place and code alone where there is none."""
    if redactor is None:
        return structs.replace(finding, message=_NOT_SHOWN, hint=None, related=())
    mask = redactor.mask_secrets
    changed: dict[str, Any] = {
        "message": mask(finding.message),
        "hint": finding.hint and mask(finding.hint),
        "related": tuple((span, mask(words)) for span, words in finding.related),
    }
    return structs.replace(finding, **changed)


def secrets_written(data: Any) -> Iterator[str]:
    """Go through the secrets that stand in a file's data."""
    used: set[str] = set()
    for text in _credentials(data, in_auth=False):
        end = 0
        for found in _PLACEHOLDER.finditer(text):
            yield from (text[end : found.start()], found[2] or "")
            used.add(found[1] or "")
            end = found.end()
        yield text[end:]
    variables = _map(_map(data).get("variables"))
    secret = {name for name, each in variables.items() if name in used or _is_secret(_map(each))}
    given = [_map(_map(test).get("variables")) for test in _list(_map(data).get("tests"))]
    for name in secret:
        values = [_map(variables[name]).get(key) for key in ("value", "default")]
        values += [each.get(name) for each in given]
        yield from (str(value) for value in values if value is not None)


def _credentials(data: Any, *, in_auth: bool) -> Iterator[str]:
    if isinstance(data, list):
        for item in data:
            yield from _credentials(item, in_auth=in_auth)
    elif isinstance(data, dict):
        for key, value in data.items():
            if key in NO_VALUES or (key == "variables" and not in_auth):
                continue
            named = isinstance(value, str) and SECRET_NAME.search(key) is not None
            yield from _credentials(value, in_auth=in_auth or named or key == "auth")
    elif isinstance(data, str):
        yield from [data] if in_auth else _USERINFO.findall(data)


def _is_secret(variable: dict[str, Any]) -> bool:
    return bool(variable.get("secret", "file" in variable))


def _map(data: Any) -> dict[str, Any]:
    return data if isinstance(data, dict) else {}


def _list(data: Any) -> list[Any]:
    return data if isinstance(data, list) else []
