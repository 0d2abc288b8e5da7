"""The command line: arguments to a use case to an exit status. Prints nothing itself."""

import argparse
import gc
import re
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from runner.language.terms import TransportKind, VerbName
from runner.model.outcome import ExitStatus
from runner.pid1.protocol import REGISTRAR
from runner.usage import parser_of

_CODE = re.compile("[EW][0-9]{3}")


def entry() -> NoReturn:
    """Run the command of this process's arguments and exit with its status."""
    try:
        status = main(sys.argv[1:])
    except KeyboardInterrupt:
        status = ExitStatus.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last resort: a bug must look different from a failed run
        from runner.adapters.console import tell_bug

        tell_bug(error)
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
    parser = parser_of(own[0] if own else None)
    parsed, unknown = parser.parse_known_args(own)
    if unknown:
        _refuse_unknown(parsed, unknown)
    if command is not None and parsed.command != "run":
        parsed.refuse(f"{parsed.command} takes no command after --")
    parsed.link = link
    if parsed.command != "validate" and link is None:
        gc.enable()  # see __main__; a registrar does so once its terms are sent
    return _HANDLERS[parsed.command](parsed)


# Each command is imported when it runs, so that validate pays for neither event loop nor HTTP.


def _validate(parsed: argparse.Namespace) -> int:
    from runner.commands.validate import run_validate

    return run_validate(parsed.files, with_environment=parsed.env, form=parsed.format, strict=parsed.strict)


def _plan(parsed: argparse.Namespace) -> int:
    from runner.commands.plan import run_plan

    return run_plan(parsed.file, variables=parsed.vars)


def _explain(parsed: argparse.Namespace) -> int:
    is_asked = any(each is not None for each in (parsed.status, parsed.error, parsed.report))
    if _CODE.fullmatch(parsed.file):
        if is_asked:
            parsed.refuse(
                f"{parsed.file} is a code, and takes no answer; a file of that name is ./{parsed.file}"
            )
        from runner.commands.explain_code import run_explain_code

        return run_explain_code(parsed.file)
    if not is_asked:
        parsed.refuse("one of the arguments --status --error --report is required with a file")
    if parsed.report is not None:
        if (
            parsed.header
            or parsed.body
            or parsed.step
            or parsed.attempt > 1
            or parsed.verb != VerbName.REGISTER
        ):
            parsed.refuse(
                "a report has its own answers; of the others only --registration goes with --report"
            )
        from runner.commands.replay import run_replay

        return run_replay(parsed.file, parsed.report, parsed.registration)
    from runner.commands.explain import Question, run_explain

    question = Question(
        status=parsed.status,
        headers=parsed.header,
        body=parsed.body,
        error=None if parsed.error is None else TransportKind(parsed.error),
        verb=VerbName(parsed.verb),
        registration=parsed.registration,
        step=parsed.step,
        attempt=parsed.attempt,
    )
    return run_explain(parsed.file, question)


def _test(parsed: argparse.Namespace) -> int:
    from runner.commands.test import Options, run_test

    options = Options(seeds=parsed.seeds, seed=parsed.seed, coverage=parsed.coverage, form=parsed.format)
    return run_test(parsed.files, options)


def _simulate(parsed: argparse.Namespace) -> int:
    from runner.commands.simulate import Options, run_simulate

    options = Options(scenario=parsed.scenario, fleet=parsed.fleet, seed=parsed.seed, form=parsed.format)
    return run_simulate(parsed.file, options)


def _sandbox(parsed: argparse.Namespace) -> int:
    from runner.commands.sandbox import run_sandbox

    return run_sandbox(parsed.file, test=parsed.test, address=parsed.listen, register=parsed.run)


def _recipes(parsed: argparse.Namespace) -> int:
    from runner.commands.recipes import run_recipes

    if parsed.action != "list" and parsed.name is None:
        parsed.refuse(
            f"recipes {parsed.action} needs {'the name of a recipe' if parsed.action == 'show' else 'a file'}"
        )
    return run_recipes(parsed.action, parsed.name)


def _init(parsed: argparse.Namespace) -> int:
    from runner.commands import init

    if parsed.schema:
        return init.run_schema()
    if parsed.completion:
        return init.run_completion(parser_of(), parsed.completion)
    return init.run_init(parsed.kind, parsed.file)


def _run(parsed: argparse.Namespace) -> int:
    from runner.commands.prepare import Options

    options = Options(
        log_as_json=parsed.log_format == "json",
        log_level=parsed.log_level,
        plain=parsed.plain,
        reports=parsed.report,
        execs=parsed.command == "run" and parsed.exec,
    )
    if parsed.link is not None:
        if parsed.file == "-":
            parsed.refuse("standard input is the application's: the file must have a name")
        from runner.commands.registrar import end_at_once, run_registrar

        end_at_once(run_registrar(parsed.link, parsed.file, options))
    from runner.commands import run

    if options.execs:
        parsed.refuse("--exec is about the command after --, and there is none")
    perform = run.undo_plan if parsed.command == "deregister" else run.run_plan
    return perform(parsed.file, options)


def _status(parsed: argparse.Namespace) -> int:
    from runner.commands.status import run_status

    return run_status(parsed.file, ready=parsed.ready, live=parsed.live)


def _refuse_unknown(parsed: argparse.Namespace, unknown: Sequence[str]) -> NoReturn:
    """Refuse words that mean nothing to a command; those of an application may lack their --."""
    words = " ".join(unknown)
    if parsed.command == "run" and not words.startswith("-"):
        parsed.refuse(
            f"unrecognized arguments: {words}; a command stands after --: enlist run {parsed.file} -- {words}"
        )
    parsed.refuse(f"unrecognized arguments: {words}")
    raise AssertionError  # refusing has ended the process


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


_HANDLERS: dict[str, Callable[[argparse.Namespace], int]] = {
    "validate": _validate,
    "plan": _plan,
    "explain": _explain,
    "run": _run,
    "deregister": _run,
    "status": _status,
    "test": _test,
    "simulate": _simulate,
    "sandbox": _sandbox,
    "recipes": _recipes,
    "init": _init,
}
