"""Makes a folder in which enlist runs in any Linux image: ``python3 folder.py /opt/enlist``.

Called with the interpreter of an environment in which enlist is installed, where there are gcc and strip. Into the
folder goes what enlist needs and nothing else: this interpreter, the modules that ours can come to import, the
libraries that those are linked with, down to the C library and its loader, authorities to trust where an image has
none, and a list of it all.

    bin/enlist, bin/python3    start.c: static, so it starts where there is no loader
    libexec/enlist             the loader of the C library
    libexec/python3            the interpreter
    lib/                       libraries
    lib/python3.11/            modules, as source and as bytecode
    etc/ssl/cert.pem           the authorities of Debian's ca-certificates
    sbom.cdx.json              what is in it (CycloneDX)
"""

import compileall
import importlib.util
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distributions
from modulefinder import ModuleFinder
from pathlib import Path
from py_compile import PycInvalidationMode

from sbom import write_sbom

HERE = Path(__file__).parent
LIBRARY, SITE = Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("purelib"))
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")

NEVER = ["doctest", "ensurepip", "idlelib", "lib2to3", "pdb", "pydoc", "test", "tkinter", "unittest", "venv"]
"""Modules that are imported for other uses than ours."""

BY_NAME = [
    "encodings",
    "rich",
    "uvloop",
    "zoneinfo",
    *(each.stem for each in LIBRARY.glob("_sysconfigdata_*.py")),
]
"""Modules, some of them of extras, that are found by names which stand in no import statement."""

CHECK = """
import importlib, pkgutil, runner
for each in pkgutil.walk_packages(runner.__path__, "runner."):
    try:
        importlib.import_module(each.name)
    except ModuleNotFoundError as error:
        if error.name not in {missing}:
            raise
"""
"""In the folder all of ours can be imported, but what needs an extra that is not installed."""


def main(target: Path) -> None:
    """Make the folder."""
    found = needed_modules()
    modules = target / "lib" / LIBRARY.name
    copy_modules(found, modules)
    installed = [each for each in distributions(path=[str(SITE)]) if found & set(files_of(each))]
    copy_data(installed, modules)
    shutil.copy(HERE / "sitecustomize.py", modules)
    system = copy_program(found, target)
    compile_modules(modules, target)
    put(AUTHORITIES, target / "etc" / "ssl" / "cert.pem")
    write_sbom(target, installed, [*system, AUTHORITIES])
    missing = [each for each in ("rich", "shtab", "uvloop") if importlib.util.find_spec(each) is None]
    run(target / "bin" / "python3", "-I", "-c", CHECK.format(missing=missing))


def needed_modules() -> set[Path]:
    """Return the file of each module that ours can come to import."""
    found = search(modules_in("runner"))
    # Extension modules import as well; the names are texts in them.
    texts = {text for each in found if each.suffix == ".so" for text in texts_in(each)}
    hidden = {each for each in texts if each.split(".")[0] in sys.stdlib_module_names.difference(NEVER)}
    by_name = (each for package in BY_NAME for each in modules_in(package))
    return found | search([*hidden, *by_name])


def modules_in(package: str) -> Iterator[str]:
    """Yield a package and all that is in it, if it is installed."""
    spec = importlib.util.find_spec(package)
    if spec is not None:
        yield package
        for each in pkgutil.walk_packages(spec.submodule_search_locations or [], f"{package}."):
            yield each.name


def search(names: Iterable[str]) -> set[Path]:
    """Return the files of modules and of all that they import, at whatever moment."""
    finder = ModuleFinder(path=sys.path[1:], excludes=NEVER)  # the first is the folder of this script
    for name in names:
        try:
            finder.import_hook(name)
        except ImportError:
            continue  # of another system, or a text that only looks like a name
    return {Path(each.__file__) for each in finder.modules.values() if each.__file__}


def texts_in(path: Path) -> set[str]:
    """Return the texts in a program that may be names of modules."""
    return {each.decode() for each in re.findall(rb"(?<=\0)[a-z_][a-z0-9_.]+(?=\0)", path.read_bytes())}


def copy_modules(found: Iterable[Path], target: Path) -> None:
    """Copy modules to the one place where interpreters of all distributions look for them."""
    for path in found:
        put(path, target / path.relative_to(SITE if path.is_relative_to(SITE) else LIBRARY))


def files_of(each: Distribution) -> Iterator[Path]:
    """Yield the files that were installed with a distribution."""
    for file in each.files or []:
        yield SITE / file


def copy_data(installed: Iterable[Distribution], target: Path) -> None:
    """Copy what stands beside modules: data, libraries of their own, licences, and the versions that scanners read."""
    for path in (path for each in installed for path in files_of(each)):
        is_data = path.suffix in {".css", ".json", ".toml", ".yaml"} or path.parent.suffix == ".libs"
        is_about = path.parts[len(SITE.parts)].endswith(".dist-info") and path.name not in {
            "RECORD",
            "direct_url.json",
        }
        if is_data or is_about:
            put(path, target / path.relative_to(SITE))


def copy_program(found: Iterable[Path], target: Path) -> list[Path]:
    """Copy the interpreter and its libraries, and compile what starts it; returns what is the system's."""
    interpreter = Path(os.path.realpath(sys.executable))
    put(interpreter, target / "libexec" / "python3")
    extensions = [each for each in found if each.suffix == ".so"]
    libraries = libraries_of([interpreter, *extensions])
    for name, path in libraries.items():
        is_loader = name.startswith("ld-")
        # A process has the name of the program that it began as, which is the loader.
        put(path, target / ("libexec/enlist" if is_loader else f"lib/{name}"))
    start = target / "bin" / "enlist"
    start.parent.mkdir()
    run(
        "gcc",
        "-std=gnu11",
        "-D_GNU_SOURCE",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-O2",
        "-static",
        "-s",
        "-o",
        start,
        HERE / "start.c",
    )
    put(start, start.with_name("python3"))
    strip = [*target.rglob("*.so"), *(target / "lib").glob("*.so.*"), target / "libexec" / "python3"]
    run("strip", "--strip-unneeded", *strip)
    return [interpreter, *libraries.values()]


def libraries_of(programs: Iterable[Path]) -> dict[str, Path]:
    """Return what programs are linked with, by the name that it is looked for under; the loader too."""
    said = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=True).stdout
    missing = re.findall(r"^\t(\S+) => not found", said, re.MULTILINE)
    if missing:
        sys.exit(f"libraries that are not installed here: {', '.join(missing)}")
    named = dict(re.findall(r"^\t(\S+) => (/\S+)", said, re.MULTILINE))
    named |= {Path(path).name: path for path in re.findall(r"^\t(/\S+)", said, re.MULTILINE)}
    return {name: Path(path) for name, path in named.items() if not Path(path).is_relative_to(SITE)}


def compile_modules(modules: Path, target: Path) -> None:
    """Write the bytecode, which is never compared with the source again: a container may be unable to write it."""
    compileall.compile_dir(
        modules, quiet=1, workers=0, stripdir=target, prependdir="/opt/enlist",
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
    )  # fmt: skip


def put(source: Path, place: Path) -> None:
    """Copy a file, as one that everybody may read."""
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, place)
    place.chmod(0o755 if os.access(source, os.X_OK) else 0o644)


def run(*words: str | Path) -> None:
    """Run a program, and fail with it."""
    subprocess.run(words, check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
