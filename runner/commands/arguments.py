"""The words of a command line as values: each of these reads one argument, or says what is wrong with it."""

import argparse
from pathlib import Path
from typing import Any

from runner.adapters.files import is_stream, target_of

STDOUT = "-"
DEFAULT_FILE = "enlist.yaml"
REPORT_FORMS = ("json", "jsonl", "junit", "prometheus", "html")


class AddReport(argparse.Action):
    """Collects where reports go; what would replace another report without a word is refused."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Take one."""
        form, path = values
        taken: dict[str, str] = getattr(namespace, self.dest)
        if form in taken:
            parser.error(f"argument {option_string}: {form} is given twice")
        # One pipe or device takes many reports, a file only the last.
        if _file_of(path) in {_file_of(each) for each in taken.values()} - {None}:
            parser.error(f"argument {option_string}: two reports cannot go to one file, {path}")
        setattr(namespace, self.dest, {**taken, form: path})


def _file_of(path: str) -> Path | None:
    """Return the file that a report will replace, if it will; that it cannot be written is told when it is."""
    try:
        return None if is_stream(path) else target_of(path)
    except OSError:
        return None


def report(text: str) -> tuple[str, str]:
    """Read where a report goes: ``FORM=FILE``."""
    form, _, path = text.partition("=")
    if form not in REPORT_FORMS or not path:
        raise argparse.ArgumentTypeError(
            f'"{text}" is not FORM=FILE, where FORM is {" or ".join(REPORT_FORMS)}'
        )
    return form, path


def header(text: str) -> tuple[str, str]:
    """Read a header: ``NAME: VALUE``."""
    name, colon, value = text.partition(":")
    if not colon:
        raise argparse.ArgumentTypeError(f'"{text}" is not NAME: VALUE')
    return name.strip(), value.strip()


def address(text: str) -> tuple[str, int]:
    """Read an address: ``HOST:PORT``."""
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f'"{text}" is not HOST:PORT')
    return host.strip("[]"), int(port)


def status(text: str) -> int:
    """Read a status code."""
    if not text.isascii() or not text.isdigit() or not 100 <= int(text) <= 599:
        raise argparse.ArgumentTypeError(f"{text} is not a status code")
    return int(text)


def natural(text: str) -> int:
    """Read a number from 0 on."""
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text} is not a number from 0 on")
    return int(text)


def positive(text: str) -> int:
    """Read a number from 1 on."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 on")
    return int(text)


class _Kinds(tuple[str, ...]):
    """The kinds of file that ``enlist init`` begins with, for argparse: also a file's name may stand where a kind is expected, but no misspelt kind."""

    __slots__ = ()

    def __contains__(self, word: object) -> bool:
        return super().__contains__(word) or is_file(str(word))


def is_file(word: str) -> bool:
    """Tell a file from a kind."""
    return word == STDOUT or word.endswith((".yaml", ".yml"))


KINDS = _Kinds(("minimal", "rivet", "consul", "etcd", "kafka-connect"))
