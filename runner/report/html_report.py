"""A run as one page to read: no network, no scripts, nothing beside it.

A policy in the page's head forbids the browser to load anything, whatever a text in it may look like.
"""

from collections.abc import Iterator
from functools import cache
from importlib import resources

from runner.language.units import format_duration
from runner.model.outcome import Attempt, Beats, Outcome, Report
from runner.model.secret import shown
from runner.report.escape import xml
from runner.report.html_timeline import Colours, colours_of, draw_attempts, draw_overview
from runner.report.lost import answer_of, is_lost, lost_of, place_of
from runner.report.story import cause_of_attempt, decision_of, why_of
from runner.report.summary import describe_outcome

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_OPEN_ROWS = 12
"""A longer table of attempts is folded: the drawing above it says most."""
_COLUMNS = ("attempt", "began", "took", "answer", "class", "cause", "then")


def render_html(report: Report) -> str:
    """Return the page."""
    colours = colours_of(report.outcomes)
    several = len(report.outcomes) > 1
    parts = [
        *_head(report),
        *_summary(report),
        *_legend(report, colours),
        *(_overview(report) if several else ()),
        *(line for outcome in report.outcomes for line in _registration(outcome, colours)),
        *_foot(report),
    ]
    return "\n".join(parts) + "\n"


@cache
def _style() -> str:
    return resources.files("runner.report").joinpath("html.css").read_text(encoding="utf-8")


def _head(report: Report) -> Iterator[str]:
    verdict = "ok" if report.exit_status == 0 else f"exit status {int(report.exit_status)}"
    yield "<!DOCTYPE html>"
    yield '<html lang="en"><head><meta charset="utf-8"/>'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"/>'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
    yield '<meta name="color-scheme" content="light dark"/><link rel="icon" href="data:,"/>'
    yield f"<title>enlist: {xml(report.file)}: {verdict}</title>"
    yield f"<style>\n{_style()}</style></head><body><main>"


def _summary(report: Report) -> Iterator[str]:
    standing = sum(outcome.state.succeeded for outcome in report.outcomes)
    lost = sum(len(lost_of(outcome)) for outcome in report.outcomes)
    facts = {
        "exit status": int(report.exit_status),
        "done": f"{standing} of {len(report.outcomes)}",
        "requests": sum(outcome.requests for outcome in report.outcomes),
        "lost": lost,
        "took": format_duration(report.elapsed_s),
    }
    tone = "fine" if report.exit_status == 0 else "bad"
    yield f'<header class="{tone}"><h1>{xml(report.file)}</h1>'
    interrupted = ", interrupted" if report.interrupted else ""
    yield f"<p>{report.started_at:%Y-%m-%d %H:%M:%S %Z}{interrupted}</p><dl>"
    yield from (f"<div><dt>{name}</dt><dd>{xml(value)}</dd></div>" for name, value in facts.items())
    yield "</dl></header>"


def _legend(report: Report, colours: Colours) -> Iterator[str]:
    if not any(outcome.attempts for outcome in report.outcomes):
        return
    yield '<ul class="legend"><li><i class="key good"></i>success</li>'
    yield from (f'<li><i class="key {style}"></i>{xml(name)}</li>' for name, style in colours.items())
    if any(attempt.wait_s for outcome in report.outcomes for attempt in outcome.attempts):
        yield '<li><i class="key wait"></i>wait</li>'
    yield "</ul>"


def _overview(report: Report) -> Iterator[str]:
    yield "<section><h2>The run</h2>"
    yield draw_overview(report.outcomes, report.elapsed_s)
    yield "</section>"


def _registration(outcome: Outcome, colours: Colours) -> Iterator[str]:
    optional = "" if outcome.required else " <small>optional</small>"
    badge = f'<span class="badge {outcome.state}">{xml(outcome.state.replace("_", " "))}</span>'
    yield f"<section><h2>{xml(outcome.registration)} {badge}{optional}</h2>"
    if not outcome.state.succeeded:
        yield _cause(outcome)
    if outcome.beats is not None:
        yield _beats(outcome, outcome.beats)
    if outcome.attempts:
        yield draw_attempts(outcome, colours)
        yield from _table(outcome.attempts, colours)
    elif outcome.state.succeeded:
        yield "<p>No request was needed.</p>"
    yield "</section>"


def _cause(outcome: Outcome) -> str:
    """The lines of the summary, the cause first; the heading has said the rest."""
    _, *details = describe_outcome(outcome)
    tone = "bad" if outcome.state.is_failure else "mild"
    lines = details or [why_of(outcome) or outcome.state]
    return (
        f'<p class="cause {tone}">'
        + "<br/>".join(xml(line.strip()) for line in lines if line.strip())
        + "</p>"
    )


def _beats(outcome: Outcome, beats: Beats) -> str:
    last = beats.last_good_at
    good = "none was good" if last is None else f"the last good one at {last:%Y-%m-%d %H:%M:%S %Z}"
    return f"<p>{xml(outcome.standing)}: {beats.sent} beats sent, {beats.missed} missed, {xml(good)}</p>"


def _table(attempts: tuple[Attempt, ...], colours: Colours) -> Iterator[str]:
    is_open = ' open="open"' if len(attempts) <= _OPEN_ROWS else ""
    count = f"{len(attempts)} request{'' if len(attempts) == 1 else 's'}"
    yield f"<details{is_open}><summary>{count} in detail</summary><table><thead><tr>"
    yield "".join(f'<th scope="col">{name}</th>' for name in _COLUMNS) + "</tr></thead><tbody>"
    yield from (_row(attempt, colours) for attempt in attempts)
    yield "</tbody></table></details>"


def _row(attempt: Attempt, colours: Colours) -> str:
    style = colours[attempt.class_name or ""] if is_lost(attempt) else "good"
    request_id = f"<br/><small>request id {xml(attempt.request_id)}</small>" if attempt.request_id else ""
    request = f"<br/><small>{xml(attempt.method)} {xml(attempt.url)}</small>"
    cells = (
        f"{xml(place_of(attempt))} #{attempt.number}{request}",
        f"{attempt.started_s:.3f} s",
        xml(format_duration(attempt.ended_s - attempt.started_s)),
        xml(answer_of(attempt)),
        f'<i class="key {style}"></i>{xml(attempt.class_name or "success")}',
        f"{xml(cause_of_attempt(attempt) or '')}{request_id}{_body(attempt)}",
        xml(decision_of(attempt) or ""),
    )
    named = zip(_COLUMNS, cells, strict=True)
    written = (
        f'<td data-name="{name}"><div>{cell}</div></td>' if cell else "<td></td>" for name, cell in named
    )
    return f"<tr>{''.join(written)}</tr>"


def _body(attempt: Attempt) -> str:
    """The body as it came, its lines kept; escaped line by line, as ``xml`` writes all other control characters out."""
    if attempt.body is None:
        return f"<br/><small>body {xml(attempt.body_note)}</small>" if attempt.body_note else ""
    note = f" ({xml(attempt.body_note)})" if attempt.body_note else ""
    text = "\n".join(map(xml, shown(attempt.body).replace("\r\n", "\n").split("\n")))
    return f"<details><summary>body{note}</summary><pre>{text}</pre></details>" if text else ""


def _foot(report: Report) -> Iterator[str]:
    yield f"<footer>enlist {xml(report.enlist_version)}, plan {xml(report.plan_sha256[:12])}</footer>"
    yield "</main></body></html>"
