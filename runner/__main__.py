"""``python -m runner``, and the ``enlist`` command: which of our programs this process becomes.

What stays for the life of a container is decided before anything else is imported.
"""

import gc
import sys
from typing import NoReturn


def entry() -> NoReturn:
    """Become init, or the command line."""
    # Imports make many objects and no garbage; looking for some costs a tenth of a short command, and of the time that
    # an application waits for its file to be read. What lives longer turns it on again.
    gc.disable()
    words = sys.argv[1:]
    if words[:1] == ["run"] and "--" in words and not {"-h", "--help"} & set(words[: words.index("--")]):
        from runner.pid1.main import main  # noqa: PLC0415 - see the module's docstring

        at = words.index("--")
        sys.exit(main(words[1:at], words[at + 1 :]))
    if words[:1] == ["status"]:
        from runner.commands.status import run_probe  # noqa: PLC0415 - see the module's docstring

        status = run_probe(words[1:])
        if status is not None:
            sys.exit(status)
    from runner import cli  # noqa: PLC0415 - see the module's docstring

    cli.entry()


if __name__ == "__main__":
    entry()
