"""Reports: the files that the outcome is written to."""

from typing import Annotated, ClassVar

from runner.language.key import About, Key, Part, keys_of
from runner.language.kinds import BOOLEAN, TEXT
from runner.language.late import or_variable


class Reports(Part, frozen=True, kw_only=True):
    """Files to write the outcome to, by format. Without it none is written."""

    ABOUT: ClassVar = About(name="report", title="Report", examples=({"json": "/tmp/enlist.json"},))

    json: Annotated[
        str | None,
        Key(
            TEXT,
            "JSON",
            "The path of a JSON file with the outcome and every attempt; `enlist explain FILE "
            "--report` plays it again.",
            ("/tmp/enlist.json",),
        ),
    ] = None
    jsonl: Annotated[
        str | None,
        Key(
            TEXT,
            "JSON lines",
            "The path of a file with one JSON line per event, written as it happens.",
            ("/tmp/enlist.jsonl",),
        ),
    ] = None
    junit: Annotated[
        str | None,
        Key(
            TEXT,
            "JUnit",
            "The path of a JUnit XML file, for CI. An optional registration that failed is skipped in "
            "it: a build is red when the exit status is not 0.",
            ("enlist.xml",),
        ),
    ] = None
    prometheus: Annotated[
        str | None,
        Key(
            TEXT,
            "Prometheus",
            "The path of a file for the textfile collector of the Prometheus node exporter. Everybody "
            "may read it (0644), as the collector is another user; all other reports are for their "
            "owner only.",
            ("/var/lib/node_exporter/enlist.prom",),
        ),
    ] = None
    html: Annotated[str | None, Key(TEXT, "HTML", "The path of a page to read.", ("enlist.html",))] = None
    bodies: Annotated[
        bool,
        Key(
            or_variable(BOOLEAN),
            "Bodies",
            "Keep response bodies in the json and html reports: text only, secrets masked, at most "
            "4096 characters of each and 65536 of a registration. The default is false, because "
            "bodies can hold secrets that nothing has declared.",
            (True,),
        ),
    ] = False

    @property
    def files(self) -> dict[str, str]:
        """Report form to file name, of those that are written."""
        named = ((key.name, getattr(self, key.field)) for key in keys_of(Reports))
        return {form: path for form, path in named if isinstance(path, str)}
