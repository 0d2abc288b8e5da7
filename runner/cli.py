"""The command line: arguments to a use case to an exit status. Prints nothing itself."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from runner.model.outcome import ExitStatus

DEFAULT_FILE = "enlist.yaml"

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
    parser = _parser()
    options, command = _split_command(arguments)
    parsed = parser.parse_args(options)
    if command is not None and parsed.command != "run":
        parser.error(f"{parsed.command} takes no command after --")
    if command is not None:
        parser.error("run FILE -- COMMAND is not there yet in this version; run FILE registers and ends")
    match parsed.command:
        case "validate":
            from runner.wiring.validate import run_validate  # noqa: PLC0415 - each command pays for itself only

            return run_validate(parsed.files, with_environment=parsed.env)
        case "plan":
            from runner.wiring.validate import run_plan  # noqa: PLC0415 - see above

            return run_plan(parsed.file, variables=parsed.vars)
        case "test":
            from runner.wiring.test import run_test  # noqa: PLC0415 - see above

            return run_test(parsed.file, seeds=parsed.seeds)
        case "sandbox":
            from runner.wiring.sandbox import run_sandbox  # noqa: PLC0415 - see above

            return run_sandbox(parsed.file, test=parsed.test, listen=parsed.listen, register=parsed.run)
        case "run" | "deregister":
            from runner.wiring import run  # noqa: PLC0415 - see above

            chosen = run.Options(
                log_as_json=parsed.log_format == "json",
                log_level=parsed.log_level,
                reports=dict(parsed.report),
            )
            return run.run_plan(parsed.file, chosen, undo=parsed.command == "deregister")
        case other:
            raise AssertionError(other)


def _split_command(arguments: Sequence[str]) -> tuple[Sequence[str], Sequence[str] | None]:
    """Split at the first ``--``: what follows is somebody else's command line."""
    if "--" not in arguments:
        return arguments, None
    at = list(arguments).index("--")
    return arguments[:at], arguments[at + 1 :]


def _parser() -> argparse.ArgumentParser:
    from importlib import metadata  # noqa: PLC0415 - needed for --version and --help only, 10 ms

    parser = argparse.ArgumentParser(
        prog="enlist",
        description="Register a service with the control planes that must know of it, as a YAML file says.",
        epilog=_EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"enlist {metadata.version('enlist')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    validate = commands.add_parser("validate", help="check files, without network or environment")
    validate.add_argument(
        "files", nargs="*", default=[DEFAULT_FILE], metavar="FILE", help=f"default {DEFAULT_FILE}"
    )
    validate.add_argument(
        "--env", action="store_true", help="also check that the environment gives what is needed"
    )

    plan = commands.add_parser("plan", help="show what would be sent, in which order, with which policy")
    _add_file(plan)
    plan.add_argument(
        "--vars", action="store_true", help="show the variables instead: type, source, where used"
    )

    run = commands.add_parser("run", help="register, verify, report", epilog=_EXITS,
                              formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    undo = commands.add_parser("deregister", help="undo what an earlier run registered")
    for command in (run, undo):
        _add_file(command)
        _add_run_options(command)

    test = commands.add_parser("test", help="run the file's own tests, in virtual time")
    _add_file(test)
    test.add_argument("--seeds", type=_positive, metavar="N", help="how many seeds each test runs with")

    sandbox = commands.add_parser(
        "sandbox", help="play a control plane on loopback, as a test of a file scripts it"
    )
    sandbox.add_argument("file", nargs="?", metavar="FILE", help="default: a file of enlist's own")
    sandbox.add_argument("--test", metavar="NAME", help="which test's script to play; default the first")
    sandbox.add_argument("--listen", default="127.0.0.1:0", metavar="HOST:PORT", help="default a free port")
    sandbox.add_argument(
        "--run", action="store_true", help="also run the file against it, and exit as run does"
    )
    return parser


def _add_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", nargs="?", default=DEFAULT_FILE, metavar="FILE", help=f"default {DEFAULT_FILE}"
    )


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--report", action="append", type=_report, default=[], metavar="json=FILE",
                        help="write the report to a file")  # fmt: skip
    parser.add_argument(
        "--log-format", choices=("text", "json"), default=os.environ.get("ENLIST_LOG_FORMAT", "text")
    )
    parser.add_argument("--log-level", choices=("debug", "info", "warning", "error"), default="info")


def _report(text: str) -> tuple[str, str]:
    form, equals, path = text.partition("=")
    if form != "json" or not equals or not path:
        raise argparse.ArgumentTypeError(f'"{text}" is not json=FILE')
    return form, path


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not 1 or more")
    return number
