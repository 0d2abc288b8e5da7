"""The page: whole, alone, with every attempt drawn, and with no word of a server that is more than a word."""

import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace
from support.harness import play
from support.report_runs import HEAD, ONE, RUNS, hostile_run, played

from runner.model.outcome import Beats, Report
from runner.report.html_report import render_html
from runner.report.html_timeline import COLOURS, Scale
from runner.report.lost import lost_of

FLAGS = [
    f"--{each}"
    for each in (
        "headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
        "disable-component-update", "disable-sync",
    )
]  # fmt: skip
ALLOWED_TAGS = {
    "html", "head", "meta", "link", "title", "style", "body", "main", "header", "section", "footer", "h1", "h2", "p",
    "dl", "dt", "dd", "div", "ul", "li", "i", "span", "small", "br", "details", "summary", "table", "thead", "tbody",
    "tr", "th", "td",
}  # fmt: skip
DRAWN_TAGS = {"svg", "rect", "line", "text", "title"}
PER_CENT = re.compile(r"(\d+\.\d+)%")


def page_of(report: Report) -> ET.Element:
    """Return the page, which is also well-formed XML."""
    text = render_html(report)
    assert text.startswith("<!DOCTYPE html>\n")
    return ET.fromstring(text.removeprefix("<!DOCTYPE html>"))


def tag_of(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def drawn(page: ET.Element, style: str) -> list[ET.Element]:
    return [each for each in page.iter() if style in each.get("class", "").split() and tag_of(each) != "i"]


@pytest.mark.parametrize("name", [*RUNS, "hostile"])
def test_the_page_is_well_formed_and_refers_to_nothing_outside_of_itself(name: str) -> None:
    report = hostile_run() if name == "hostile" else played(name).report
    page = page_of(report)
    addresses = [
        value
        for each in page.iter()
        for key, value in each.attrib.items()
        if key.rpartition("}")[2] in {"href", "src", "action", "data", "srcset", "style", "poster"}
    ]

    assert {tag_of(each) for each in page.iter()} <= ALLOWED_TAGS | DRAWN_TAGS
    assert addresses == ["data:,"]
    assert [key for each in page.iter() for key in each.attrib if key.startswith("on")] == []
    assert not re.search(r"url\(|@import", render_html(report).partition("</style>")[0])
    assert "default-src 'none'" in render_html(report)


@pytest.mark.parametrize("name", [*RUNS, "hostile"])
def test_every_attempt_is_drawn_and_listed(name: str) -> None:
    report = hostile_run() if name == "hostile" else played(name).report
    page = page_of(report)
    attempts = [attempt for outcome in report.outcomes for attempt in outcome.attempts]
    lost = sum(len(lost_of(outcome)) for outcome in report.outcomes)
    bars, rows = drawn(page, "bar"), [each for each in page.iter("tr") if each.find("td") is not None]

    assert len(bars) == len(rows) == len(attempts)
    assert len([bar for bar in bars if "good" not in bar.get("class", "")]) == lost
    assert len(drawn(page, "wait")) == sum(bool(attempt.wait_s) for attempt in attempts)


@pytest.mark.parametrize("name", [*RUNS, "hostile"])
def test_nothing_is_drawn_outside_of_its_drawing_and_nothing_has_no_width(name: str) -> None:
    report = hostile_run() if name == "hostile" else played(name).report

    for each in page_of(report).iter():
        positions = [PER_CENT.fullmatch(each.get(key, "")) for key in ("x", "x1", "x2")]
        assert all(0 <= float(found[1]) <= 100 for found in positions if found)
        if tag_of(each) == "rect":
            width = PER_CENT.fullmatch(each.get("width", ""))
            assert width
            assert float(width[1]) > 0


def test_bars_stand_where_the_attempts_were_and_waits_fill_the_gaps() -> None:
    # asked from 0 s to 1 s and from 2 s to 3 s, and then at 4 s; the policy waits a second in between
    given = "[{status: 500, latency: 1s}, {status: 500, latency: 1s}, {status: 200}]"
    page = page_of(play(HEAD + ONE, given).report)
    bars = [(bar.get("x"), bar.get("width")) for bar in drawn(page, "bar")]
    waits = [(wait.get("x1"), wait.get("x2")) for wait in drawn(page, "wait")]

    assert bars == [("0.000%", "25.000%"), ("50.000%", "25.000%"), ("99.900%", "0.100%")]
    assert waits == [("25.000%", "50.000%"), ("75.000%", "100.000%")]
    assert [each.text for each in drawn(page, "tick")] == ["0 s", "1 s", "2 s", "3 s", "4 s"]


def test_classes_have_colours_of_their_own_and_the_legend_names_them() -> None:
    page = page_of(played("registered after retries").report)
    legend = {each.get("class"): (each.tail or "") for each in page.iter("i")}
    named = dict(
        re.findall(
            r'<i class="(key \w+)"></i>([^<]+)</li>', render_html(played("registered after retries").report)
        )
    )

    assert named == {
        "key good": "success",
        "key c0": "unreachable",
        "key c1": "unavailable",
        "key wait": "wait",
    }
    assert set(legend) <= set(named)


def test_the_style_sheet_has_every_colour_in_light_and_in_dark() -> None:
    light, _, dark = render_html(played("registered").report).partition("prefers-color-scheme: dark")

    for number in range(COLOURS):
        assert f"--c{number}:" in light
        assert f"--c{number}:" in dark
        assert f".c{number} {{ color: var(--c{number})" in dark


@pytest.mark.parametrize("length_s", [0.0, 0.004, 0.9, 1.0, 7.2, 59.0, 3600.0, 864000.0])
@pytest.mark.parametrize("begin_s", [0.0, 3.7])
def test_an_axis_has_a_handful_of_round_times(begin_s: float, length_s: float) -> None:
    ticks = Scale(begin_s, begin_s + length_s).ticks()

    assert 1 <= len(ticks) <= 7
    assert ticks == sorted(set(ticks))
    assert begin_s <= ticks[0]


def test_hostile_words_stay_words() -> None:
    page = page_of(hostile_run())
    text = "".join(page.itertext())

    assert "<script>alert(1)</script>" in text
    assert list(page.iter("script")) == []
    assert not set(text) & set("\x00\x1b\x85\u2028\u202e\ufffe")
    assert {each.get("class", "") for each in page.iter("i")} <= {"key good", "key c0", "key wait"}


@pytest.mark.parametrize("width", [1280, 500])
def test_a_browser_draws_all_of_it_within_the_width_of_the_page(tmp_path: Path, width: int) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("there is no Chromium to draw the page")
    # The probe is the test's own: it says on the document itself how wide things came out.
    probe = (
        "<script>addEventListener('load', () => { const bars = [...document.querySelectorAll('rect.bar')];"
        "document.documentElement.dataset.found = JSON.stringify([bars.length, bars.filter(bar =>"
        " bar.getBoundingClientRect().width > 0).length, document.documentElement.scrollWidth <= innerWidth]); });</script>"
    )
    report = played("several").report
    text = re.sub(r"<meta http-equiv[^>]*>", "", render_html(report)).replace("</body>", f"{probe}</body>")
    (tmp_path / "page.html").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [browser, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},900", "--dump-dom",
         (tmp_path / "page.html").as_uri()],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    attempts = sum(len(outcome.attempts) for outcome in report.outcomes)

    assert f'data-found="[{attempts},{attempts},true]"' in done.stdout, done.stderr


def test_the_page_says_what_came_of_the_beats() -> None:
    report = played("registered after retries").report
    beats = Beats(sent=12, missed=4, missed_in_a_row=3, last_good_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC))
    text = render_html(replace(report, outcomes=(replace(report.outcomes[0], beats=beats),)))

    assert (
        "<p>missing beats: 12 beats sent, 4 missed, the last good one at 2026-03-01 09:30:00 UTC</p>" in text
    )
    assert "beats sent" not in render_html(report)
