"""Writes the list of what is in the folder: CycloneDX, from what packages say of themselves."""

import json
import platform
import subprocess
from collections.abc import Iterable
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any
from urllib.parse import quote


def write_sbom(target: Path, installed: Iterable[Distribution], system: Iterable[Path]) -> None:
    """Write ``sbom.cdx.json``.

    Args:
        target: the folder.
        installed: the distributions of Python in it.
        system: files that came from elsewhere, which are told with the package that they belong to.
    """
    (enlist,) = [each for each in installed if each.name == "enlist"]
    components = [
        {"type": "application", "name": "cpython", "version": platform.python_version(), "licenses": _named("PSF-2.0"),
         "purl": f"pkg:generic/cpython@{platform.python_version()}"},
        *(_of_distribution(each) for each in installed if each is not enlist),
        *_of_packages(system),
    ]  # fmt: skip
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {**_of_distribution(enlist), "type": "application"}},
        "components": sorted(components, key=lambda each: str(each["purl"])),
    }
    (target / "sbom.cdx.json").write_text(json.dumps(bill, indent=1) + "\n", encoding="utf-8")


def _of_distribution(each: Distribution) -> dict[str, Any]:
    said = each.metadata
    name = each.name.lower().replace("_", "-")
    licence = (
        said.get("License-Expression") or _classified(said.get_all("Classifier") or []) or said.get("License")
    )
    return {
        "type": "library",
        "name": name,
        "version": each.version,
        "licenses": _named(licence) if licence else [],
        "purl": f"pkg:pypi/{name}@{each.version}",
    }


def _classified(classifiers: Iterable[str]) -> str | None:
    return next((each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License :: ")), None)


def _named(licence: str) -> list[dict[str, Any]]:
    return [{"license": {"name": licence}}]


def _of_packages(files: Iterable[Path]) -> list[dict[str, Any]]:
    """Tell of each package once; what belongs to none, as an interpreter that was built here, is told elsewhere."""
    # Packages name a file by one of these, of which all but one are links.
    places = {str(each) for file in files for each in (file, file.resolve())}
    places |= {f"/usr{each}" for each in places} | {each.removeprefix("/usr") for each in places}
    owned = subprocess.run(
        ["dpkg-query", "--search", *places], capture_output=True, text=True, check=False
    ).stdout
    names = sorted({line.partition(": ")[0] for line in owned.splitlines()} | {"ca-certificates"})
    form = "${Package} ${Version} ${Architecture}\n"
    told = subprocess.run(
        ["dpkg-query", "--show", f"--showformat={form}", *names], capture_output=True, text=True, check=True
    ).stdout
    release = platform.freedesktop_os_release()
    distro = f"{release['ID']}-{release.get('VERSION_ID', 'testing')}"
    return [
        {"type": "library", "name": name, "version": version,
         "purl": f"pkg:deb/{release['ID']}/{name}@{quote(version)}?arch={machine}&distro={distro}"}
        for name, version, machine in (line.split() for line in told.splitlines())
    ]  # fmt: skip
