"""The command line: arguments to a use case to an exit status. Prints nothing itself."""

import argparse
import gc
import re
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from runner.app.starter import KINDS
from runner.init.protocol import REGISTRAR
from runner.model.exchange import TransportKind
from runner.model.outcome import ExitStatus, VerbName
from runner.wiring.arguments import REPORT_FORMS, address, header, positive, report, status

DEFAULT_FILE = "enlist.yaml"
_CODE = re.compile("[EW][0-9]{3}")

_EXITS = """\
exit statuses of run:
  0    all required registrations stand
  2    usage
  70   a bug in enlist
  74   unknown: a request that must not be repeated may have taken effect
  75   gave up on something transient; restarting may help
  76   refused for good; restarting will not help
  77   denied, or the server is not trusted
  78   the file or its environment is invalid
  128+n  ended by signal n
"""


def entry() -> NoReturn:
    """Run the command of this process's arguments and exit with its status."""
    try:
        status = main(sys.argv[1:])
    except KeyboardInterrupt:
        status = ExitStatus.INTERRUPTED
    except Exception:  # noqa: BLE001 - the last resort: a bug must look different from a failed run
        sys.excepthook(*sys.exc_info())
        status = ExitStatus.BUG
    sys.exit(status)


def main(arguments: Sequence[str]) -> int:
    """Run one command.

    Args:
        arguments: without the program's name.

    Returns:
        The exit status.

    Raises:
        SystemExit: with status 2 for wrong usage, and 0 for help.
    """
    link, own, command = _split(arguments)
    parser = _parser(own[0] if own else None)
    parsed = parser.parse_args(own)
    if command is not None and parsed.command != "run":
        parser.error(f"{parsed.command} takes no command after --")
    parsed.link = link
    if parsed.command != "validate":
        gc.enable()  # the launcher turned it off
    handler: Callable[[argparse.Namespace], int] = parsed.handler
    return handler(parsed)


# Each command imports its wiring when it runs, so that validate pays for neither event loop nor HTTP.


def _validate(parsed: argparse.Namespace) -> int:
    from runner.wiring.validate import run_validate

    return run_validate(parsed.files, with_environment=parsed.env, form=parsed.format, strict=parsed.strict)


def _plan(parsed: argparse.Namespace) -> int:
    from runner.wiring.validate import run_plan

    return run_plan(parsed.file, variables=parsed.vars)


def _explain(parsed: argparse.Namespace) -> int:
    is_asked = parsed.status is not None or parsed.error is not None
    if _CODE.fullmatch(parsed.file):
        if is_asked:
            parsed.refuse(
                f"{parsed.file} is a code, and takes no answer; a file of that name is ./{parsed.file}"
            )
        from runner.wiring.explain_code import run_explain_code

        return run_explain_code(parsed.file)
    if not is_asked:
        parsed.refuse("one of the arguments --status --error is required with a file")
    from runner.app.explain import Question
    from runner.wiring.explain import run_explain

    question = Question(
        status=parsed.status,
        headers=parsed.header,
        body=parsed.body,
        error=parsed.error,
        verb=parsed.verb,
        registration=parsed.registration,
        step=parsed.step,
        attempt=parsed.attempt,
    )
    return run_explain(parsed.file, question)


def _test(parsed: argparse.Namespace) -> int:
    from runner.wiring.test import run_test

    return run_test(parsed.files, seeds=parsed.seeds)


def _sandbox(parsed: argparse.Namespace) -> int:
    from runner.wiring.sandbox import run_sandbox

    return run_sandbox(parsed.file, test=parsed.test, address=parsed.listen, register=parsed.run)


def _init(parsed: argparse.Namespace) -> int:
    from runner.wiring import init

    if parsed.schema:
        return init.run_schema()
    if parsed.completion:
        return init.run_completion(_parser(), parsed.completion)
    return init.run_init(parsed.kind, parsed.file)


def _run(parsed: argparse.Namespace) -> int:
    from runner.wiring.options import Options

    options = Options(
        log_as_json=parsed.log_format == "json",
        log_level=parsed.log_level,
        plain=parsed.plain,
        reports=dict(parsed.report),
        become=parsed.command == "run" and parsed.exec,
    )
    if parsed.link is not None:
        from runner.wiring.registrar import run_registrar

        return run_registrar(parsed.link, parsed.file, options)
    from runner.wiring import run

    if options.become:
        parsed.refuse("--exec is about the command after --, and there is none")
    perform = run.undo_plan if parsed.command == "deregister" else run.run_plan
    return perform(parsed.file, options)


def _status(parsed: argparse.Namespace) -> int:
    from runner.wiring.status import run_status

    return run_status(parsed.file, ready=parsed.ready, live=parsed.live)


def _split(
    arguments: Sequence[str],
) -> tuple[tuple[int, int] | None, Sequence[str], Sequence[str] | None]:
    """Split off what is not for the parser: the pipes that init made, and, after ``--``, somebody else's words."""
    link = None
    if arguments[:1] == [REGISTRAR]:
        link = int(arguments[1]), int(arguments[2])
        arguments = ["run", *arguments[3:]]
    if "--" not in arguments:
        return link, arguments, None
    at = list(arguments).index("--")
    return link, arguments[:at], arguments[at + 1 :]


def _parser(asked: str | None = None) -> argparse.ArgumentParser:
    """Return the parser; when a command is asked for, the others get no options, which saves its start 3 ms."""
    parser = argparse.ArgumentParser(
        prog="enlist",
        description="Register a service with the control planes that must know of it, as a YAML file says.",
        epilog=_EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (add_options, text) in _COMMANDS.items():
        epilog = _EXITS if name in {"run", "deregister"} else None
        command = commands.add_parser(name, help=text, epilog=epilog, formatter_class=parser.formatter_class)
        if asked not in _COMMANDS or asked == name:
            add_options(command)
    return parser


class _Version(argparse.Action):
    """Looks the version up only when it is asked for: that costs as much as reading a small file."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib import metadata

        sys.stdout.write(f"enlist {metadata.version('enlist')}\n")
        parser.exit()


def _add_file(parser: argparse.ArgumentParser, *, several: bool = False) -> None:
    parser.add_argument(
        "files" if several else "file",
        nargs="*" if several else "?",
        default=[DEFAULT_FILE] if several else DEFAULT_FILE,
        metavar="FILE",
        help=f"default {DEFAULT_FILE}; - is standard input",
    )


def _add_validate(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(handler=_validate)
    _add_file(parser, several=True)
    parser.add_argument(
        "--env", action="store_true", help="also check that the environment gives what is needed"
    )
    parser.add_argument("--strict", action="store_true", help="fail on warnings, too")
    parser.add_argument("--format", choices=("text", "json", "github", "sarif"), default="text",
                        help="default text; github is for the annotations of a workflow")  # fmt: skip


def _add_plan(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(handler=_plan)
    _add_file(parser)
    parser.add_argument(
        "--vars", action="store_true", help="show the variables instead: type, source, default, where used"
    )


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(handler=_explain, refuse=parser.error)
    parser.add_argument(
        "file", nargs="?", default=DEFAULT_FILE, metavar="FILE|CODE",
        help=f"default {DEFAULT_FILE}; - is standard input; or the code of a finding, such as E203",
    )  # fmt: skip
    answer = parser.add_mutually_exclusive_group()
    answer.add_argument("--status", type=status, metavar="CODE", help="the status of the answer")
    answer.add_argument("--error", type=TransportKind, choices=list(TransportKind), metavar="KIND",
                        help="what went wrong instead of an answer: connect-refused, read-timeout, ...")  # fmt: skip
    parser.add_argument("--header", action="append", type=header, default=[], metavar="'NAME: VALUE'")
    parser.add_argument("--body", default="", metavar="TEXT", help="the body of the answer")
    parser.add_argument("--verb", type=VerbName, choices=list(VerbName), default=VerbName.REGISTER, metavar="VERB",
                        help="register (default), verify, heartbeat or deregister")  # fmt: skip
    parser.add_argument("--registration", metavar="NAME", help="default the first one")
    parser.add_argument("--step", metavar="NAME", help="default the last one")
    parser.add_argument(
        "--attempt", type=positive, default=1, metavar="N", help="which failure of its class it is"
    )


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(handler=_run, refuse=parser.error)
    _add_file(parser)
    parser.add_argument(
        "--report",
        action="append",
        type=report,
        default=[],
        metavar="FORM=FILE",
        help=f"write a report; FORM is {', '.join(REPORT_FORMS)}",
    )
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
    parser.set_defaults(handler=_status)
    parser.add_argument("file", nargs="?", metavar="FILE", help="which run, where there are several")
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument(
        "--ready", action="store_true", help="exit with 0 only while everything required stands"
    )
    asked.add_argument("--live", action="store_true", help="exit with 0 while it runs; say nothing")


def _add_test(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(handler=_test)
    _add_file(parser, several=True)
    parser.add_argument(
        "--seeds", type=positive, metavar="N", help="how many seeds each test runs with; default 20"
    )


def _add_sandbox(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(handler=_sandbox)
    parser.add_argument(
        "file", nargs="?", metavar="FILE", help="default: a first file that enlist brings along"
    )
    parser.add_argument("--test", metavar="NAME", help="which test's script to play; default the first")
    parser.add_argument("--listen", type=address, default=("127.0.0.1", 0), metavar="HOST:PORT",
                        help="default a free port of 127.0.0.1")  # fmt: skip
    parser.add_argument(
        "--run", action="store_true", help="also run the file against it, and exit as run does"
    )


def _add_init(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(handler=_init)
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
    "status": (_add_status, "tell how a running enlist stands, for probes and people"),
    "deregister": (_add_run, "undo what an earlier run registered, whatever its file says of when"),
    "test": (_add_test, "run the tests that files bring along, in virtual time"),
    "sandbox": (_add_sandbox, "play a control plane on loopback, as a file's test scripts it"),
    "init": (_add_init, "write a file to begin with; also the schema, and completion"),
}
