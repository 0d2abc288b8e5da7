"""enlist: a declarative registration runner.

The public functions are ``load`` and ``run``, with ``InvalidFile`` for a file that has errors:

    report = await runner.run(runner.load("enlist.yaml"))

A service that stays registered while it runs has a ``Gate``, which raises ``NotRegistered``:

    async with runner.Gate(runner.load("enlist.yaml")) as gate:
        await gate.ready()

They are looked up when they are first used, so that ``import runner`` costs nothing and imports nothing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for type checkers only: importing them here would import everything else
    from runner.commands.api import InvalidFile as InvalidFile
    from runner.commands.api import load as load
    from runner.commands.api import run as run
    from runner.gate import Gate as Gate
    from runner.gate import NotRegistered as NotRegistered

__all__ = ["Gate", "InvalidFile", "NotRegistered", "load", "run"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'runner' has no attribute {name!r}")
    if name in {"Gate", "NotRegistered"}:
        from runner import gate  # noqa: PLC0415 - see the module's docstring

        return getattr(gate, name)
    from runner.commands import api  # noqa: PLC0415 - see the module's docstring

    return getattr(api, name)
