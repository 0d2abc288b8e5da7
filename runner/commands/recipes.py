"""``enlist recipes``: which there are, what one of them takes, and a file with its recipes written out."""

from runner.adapters.console import StreamConsole
from runner.adapters.files import LocalFiles
from runner.commands.reading import load, tell
from runner.config.recipes.find import find, our_recipes
from runner.config.recipes.plain import plain_yaml
from runner.language.span import NOWHERE
from runner.language.value import Name
from runner.model.diagnostic import Diagnostic
from runner.model.outcome import ExitStatus
from runner.ports import Console, Files
from runner.report.recipe_text import render_list, render_recipe


def list_recipes(console: Console) -> int:
    """Print the names of the recipes that come with enlist, and what each registers."""
    console.out(render_list((each.name, each.recipe) for each in our_recipes() if each.recipe is not None))
    return ExitStatus.OK


def show_recipe(name: str, files: Files, console: Console) -> int:
    """Print what a recipe takes and what is known of it.

    Args:
        name: of one of ours, or the path of another.
        files: reads that.
        console: where it goes.

    Returns:
        0; 1 where the recipe has errors, 2 where there is none.
    """
    found = find(Name(name, NOWHERE), files.read)
    if isinstance(found, Diagnostic):
        console.err(f"{found.message}; {found.hint}")
        return ExitStatus.USAGE
    if found.recipe is None:
        tell(name, found.findings, () if found.tree is None else found.tree.lines, console, stops=True)
        return ExitStatus.FINDINGS
    console.out(render_recipe(name, found.recipe))
    return ExitStatus.OK


def expand_file(path: str, files: Files, console: Console) -> int:
    """Print a file with its recipes written out.

    Args:
        path: the file.
        files: reads it and the recipes that it names.
        console: where it goes.

    Returns:
        0, or 1 when the file has errors.
    """
    loaded = load(path, files)
    tell(path, loaded.diagnostics, loaded.lines, console, stops=loaded.plan is None)
    if loaded.plan is None or loaded.tree is None:
        return ExitStatus.FINDINGS
    console.out(plain_yaml(loaded.tree).rstrip("\n"))
    return ExitStatus.OK


def run_recipes(action: str, name: str | None) -> int:
    """Do what is asked of recipes; returns the exit status."""
    console, files = StreamConsole(), LocalFiles()
    if action == "list" or name is None:
        return list_recipes(console)
    return show_recipe(name, files, console) if action == "show" else expand_file(name, files, console)
