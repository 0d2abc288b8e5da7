"""Reading a scenario: ours by name, others by the path of their file."""

from importlib import resources

from msgspec import Struct

from runner.config.findings import first_findings
from runner.config.read.source import read_tree
from runner.config.shape.conformance import SCENARIO_SCHEMA, conforms, load_schema
from runner.config.typed.cursor import Cursor, LateValues
from runner.config.typed.declared import read_part
from runner.language.scenario import SUFFIX, Scenario
from runner.model.diagnostic import Diagnostic


class LoadedScenario(Struct, frozen=True):
    """A scenario, unless its file has errors, and what was found."""

    scenario: Scenario | None
    diagnostics: tuple[Diagnostic, ...] = ()
    lines: tuple[str, ...] = ()


def our_scenarios() -> tuple[str, ...]:
    """Return the names of the scenarios that come with enlist."""
    folder = resources.files("runner.recipes").joinpath("scenarios")
    return tuple(
        sorted(each.name.removesuffix(SUFFIX) for each in folder.iterdir() if each.name.endswith(SUFFIX))
    )


def our_scenario(name: str) -> Scenario:
    """Return a scenario that comes with enlist; it must be one of their names."""
    path = resources.files("runner.recipes").joinpath("scenarios", name + SUFFIX)
    loaded = load_scenario(path.read_bytes(), name)
    assert loaded.scenario is not None, loaded.diagnostics
    return loaded.scenario


def load_scenario(raw: bytes, file: str) -> LoadedScenario:
    """Read a scenario.

    Args:
        raw: the bytes of its file.
        file: the name that findings show.
    """
    tree, findings = read_tree(raw, file)
    if tree is None or findings:
        return LoadedScenario(None, first_findings(findings), tuple(tree.lines) if tree is not None else ())
    lines, schema = tuple(tree.lines), load_schema(SCENARIO_SCHEMA)
    if not conforms(tree.data, schema):
        from runner.config.shape.schema import check_shape  # noqa: PLC0415 - only what is wrong pays for it

        return LoadedScenario(None, first_findings(check_shape(tree, schema)), lines)
    found: list[Diagnostic] = []
    at = Cursor(tree, (), tree.data, found, LateValues({}))
    scenario = read_part(at, Scenario)
    places = at.child("events").items() if "events" in at else ()
    for each, event in zip(places, scenario.events, strict=True):
        if event.until_s is not None and event.until_s <= event.after_s:
            each.child("until").report(
                "E351", "the event ends before it begins", "let until be later than after"
            )
    return LoadedScenario(None if found else scenario, tuple(found), lines)
