"""The words of the command line: each command's options, and their help, written for operations people.

What a command does is not known here; ``cli`` matches words and deeds.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from itertools import takewhile
from typing import Any, NoReturn

from runner.adapters.output import cleaned
from runner.adapters.terminal import takes_colour
from runner.commands.arguments import (
    DEFAULT_FILE,
    KINDS,
    REPORT_FORMS,
    AddReport,
    address,
    header,
    natural,
    positive,
    report,
    status,
)
from runner.language.terms import TransportKind, VerbName
from runner.model.version import VERSION
from runner.pid1.say import json_note, wants_json

_EXITS = """\
exit statuses of run:
  0    all required registrations are registered
  2    usage
  70   a bug in enlist
  74   unknown: a request that must not be repeated may have taken effect
  75   gave up on something transient; restarting may help
  76   refused for good; restarting will not help
  77   denied, or the server is not trusted
  78   the file or its environment is invalid
  126, 127  the command cannot be executed, or found
  128+n  ended by signal n; with a command, otherwise its own status
"""


class _Parser(argparse.ArgumentParser):
    """Says what it has to say as every command does, an argument may hold anything; and which word was meant."""

    def _print_message(self, message: str, file: Any = None) -> None:
        super()._print_message(cleaned(message, colour=takes_colour(file, os.environ)), file)

    def error(self, message: str) -> NoReturn:
        """End with 2; within a log of JSON what is wrong is a line of JSON."""
        if not wants_json(tuple(takewhile(lambda word: word != "--", sys.argv))):
            super().error(message)
        self.exit(2, json_note("error", f"{self.prog}: error: {message}", time.time()) + "\n")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        known = [str(each) for each in action.choices or ()]
        if action.choices is not None and value not in action.choices:
            # Spelling is looked at only where it is wrong.
            from runner.config.words import did_you_mean  # noqa: PLC0415

            meant = did_you_mean(str(value), known)
            text = f'"{value}" is none of {", ".join(known)}'
            raise argparse.ArgumentError(action, f"{text}; {meant}" if meant else text)


def parser_of(asked: str | None = None) -> argparse.ArgumentParser:
    """Return the parser; when a command is asked for, the others get no options, which saves its start 3 ms."""
    parser = _Parser(
        prog="enlist",
        description="Register a service with the control planes that must know of it, as a YAML file says.",
        epilog=_EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version", action="version", version=f"enlist {VERSION}", help="show the version and exit"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (add_options, text) in _COMMANDS.items():
        epilog = _EXITS if name in {"run", "deregister"} else None
        command = commands.add_parser(name, help=text, epilog=epilog, formatter_class=parser.formatter_class)
        command.set_defaults(refuse=command.error)
        if asked not in _COMMANDS or asked == name:
            add_options(command)
    return parser


def _add_file(parser: argparse.ArgumentParser, *, several: bool = False) -> None:
    parser.add_argument(
        "files" if several else "file",
        nargs="*" if several else "?",
        default=[DEFAULT_FILE] if several else DEFAULT_FILE,
        metavar="FILE",
        help=f"default {DEFAULT_FILE}; - is standard input",
    )


def _add_validate(parser: argparse.ArgumentParser) -> None:
    _add_file(parser, several=True)
    parser.add_argument(
        "--env", action="store_true", help="also check that the environment gives what is needed"
    )
    parser.add_argument("--strict", action="store_true", help="fail on warnings, too")
    parser.add_argument("--format", choices=("text", "json", "github", "sarif"), default="text",
                        help="default text; github is for the annotations of a workflow")  # fmt: skip


def _add_plan(parser: argparse.ArgumentParser) -> None:
    _add_file(parser)
    parser.add_argument(
        "--vars", action="store_true", help="show the variables instead: type, source, default, where used"
    )


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", nargs="?", default=DEFAULT_FILE, metavar="FILE|CODE",
        help=f"default {DEFAULT_FILE}; - is standard input; or the code of a finding, such as E203",
    )  # fmt: skip
    answer = parser.add_mutually_exclusive_group()
    answer.add_argument("--status", type=status, metavar="CODE", help="the status of the answer")
    answer.add_argument("--error", choices=list(TransportKind), metavar="KIND",
                        help="what went wrong instead of an answer: connect-refused, read-timeout, ...")  # fmt: skip
    answer.add_argument("--report", metavar="REPORT",
                        help="the json report of an earlier run: what would this file have made of its answers?")  # fmt: skip
    parser.add_argument("--header", action="append", type=header, default=[], metavar="'NAME: VALUE'")
    parser.add_argument("--body", default="", metavar="TEXT", help="the body of the answer")
    parser.add_argument("--verb", choices=list(VerbName), default=VerbName.REGISTER, metavar="VERB",
                        help="register (default), verify, heartbeat or deregister")  # fmt: skip
    parser.add_argument("--registration", metavar="NAME", help="default the first one")
    parser.add_argument("--step", metavar="NAME", help="default the last one")
    parser.add_argument(
        "--attempt", type=positive, default=1, metavar="N", help="which failure of its class it is"
    )


def _add_run(parser: argparse.ArgumentParser) -> None:
    _add_file(parser)
    parser.add_argument(
        "--report", action=AddReport, type=report, default={}, metavar="FORM=FILE",
        help=f"write a report; FORM is {', '.join(REPORT_FORMS)}; each at most once",
    )  # fmt: skip
    parser.add_argument("--log-format", choices=("text", "json"), default="text", help="default text")
    parser.add_argument("--log-level", choices=("debug", "info", "warning", "error"), default="info",
                        help="the quietest level that is written; default info")  # fmt: skip
    parser.add_argument("--plain", action="store_true", help="lines only: no colour, no live view")


def _add_run_with_command(parser: argparse.ArgumentParser) -> None:
    _add_run(parser)
    parser.usage = "enlist run [FILE] [options] [-- COMMAND [ARGUMENT ...]]"
    parser.add_argument(
        "--exec", action="store_true",
        help="become the command once everything is registered and nothing is left to do",
    )  # fmt: skip


def _add_status(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", metavar="FILE", help="which run, where there are several")
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument(
        "--ready", action="store_true", help="exit with 0 only while everything required is registered"
    )
    asked.add_argument("--live", action="store_true", help="exit with 0 while it runs; say nothing")


def _add_test(parser: argparse.ArgumentParser) -> None:
    _add_file(parser, several=True)
    parser.add_argument(
        "--seeds",
        type=positive,
        metavar="N",
        help="how many seeds each test runs with; default 100, or fewer for long stories",
    )
    parser.add_argument(
        "--seed", type=natural, metavar="N", help="run with this seed only, which a failed test has named"
    )
    parser.add_argument(
        "--coverage", action="store_true", help="also say which steps and classes no test reaches"
    )
    parser.add_argument("--format", choices=("text", "json", "junit"), default="text", help="default text")


def _add_simulate(parser: argparse.ArgumentParser) -> None:
    _add_file(parser)
    parser.add_argument("--fleet", type=positive, metavar="N", help="how many containers; default 1000")
    parser.add_argument(
        "--scenario", default="outage-30s", metavar="NAME|FILE",
        help="what they meet: cold-start, rolling-deploy, outage-30s (default), brownout, rate-limited, forgetful; "
        "or a file of your own",
    )  # fmt: skip
    parser.add_argument(
        "--seed", type=natural, default=0, metavar="N", help="of all that is left to chance; default 0"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default text")


def _add_sandbox(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", nargs="?", metavar="FILE", help="default: a first file that enlist brings along"
    )
    parser.add_argument("--test", metavar="NAME", help="which test's script to play; default the first")
    parser.add_argument("--listen", type=address, default=("127.0.0.1", 0), metavar="HOST:PORT",
                        help="default a free port of 127.0.0.1")  # fmt: skip
    parser.add_argument(
        "--run", action="store_true", help="also run the file against it, and exit as run does"
    )


def _add_recipes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", choices=("list", "show", "expand"), default="list", metavar="ACTION",
                        help="list (default); show NAME: what it takes and sends; expand FILE: without recipes")  # fmt: skip
    parser.add_argument(
        "name",
        nargs="?",
        metavar="NAME|FILE",
        help="a recipe, such as consul/service or ./own.recipe.yaml; or a file",
    )


def _add_init(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument("kind", nargs="?", choices=KINDS, metavar="KIND",
                      help=f"{', '.join(KINDS)}; default {KINDS[0]}")  # fmt: skip
    parser.add_argument(
        "file", nargs="?", metavar="FILE", help=f"default {DEFAULT_FILE}; - is standard output"
    )
    what.add_argument("--schema", action="store_true", help="print the schema instead, for editors offline")
    what.add_argument("--completion", choices=("bash", "zsh", "fish"), metavar="SHELL",
                      help="print completion for bash, zsh or fish instead")  # fmt: skip


_COMMANDS: dict[str, tuple[Callable[[argparse.ArgumentParser], None], str]] = {
    "validate": (_add_validate, "check files, without network or environment"),
    "plan": (_add_plan, "show what would be sent, in which order, with which policy"),
    "explain": (_add_explain, "show which class takes an answer, and what happens then; or explain a code"),
    "run": (_add_run_with_command, "register, verify, report; with -- COMMAND, around an application"),
    "status": (_add_status, "tell the state of a running enlist, for probes and people"),
    "deregister": (_add_run, "undo what an earlier run registered, whatever its file says of when"),
    "test": (_add_test, "run the tests that files bring along, in virtual time"),
    "simulate": (_add_simulate, "show what a fleet with this file does to a control plane in trouble"),
    "sandbox": (_add_sandbox, "play a control plane on loopback, as a file's test scripts it"),
    "recipes": (_add_recipes, "list what registers with which control plane, show one, or write a file out"),
    "init": (_add_init, "write a file to begin with; also the schema, and completion"),
}
