"""Forty canaries, one in each place where a secret can stand, and no output of any command that shows one.

The control plane echoes whatever it is sent, in the clear and in the forms in which texts travel, and fails
in turns, so that error messages, reports and logs all have something to leak.
"""

import base64
import html
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from support import warm
from support.http_server import Reply, Request, serving

FORMS = ("json", "jsonl", "junit", "prometheus", "html")


def canary(number: int) -> str:
    """A secret that stands nowhere else, with characters that each encoding writes in its own way."""
    return f'c4nary-{number:02d}-ä/+ "{number * 7919}"'


IN_ENVIRONMENT = {f"CANARY_{number:02d}": canary(number) for number in range(20)}
IN_FILES = range(20, 32)
FROM_SERVER = range(32, 40)

VARIABLES = "\n".join(
    f"  v{number:02d}: {{env: CANARY_{number:02d}, secret: true}}" for number in range(20)
) + "\n".join(["", *(f"  f{number}: {{file: SECRETS/{number}}}" for number in range(20, 26))])

FILE = f"""\
version: 1
variables:
{VARIABLES}
endpoints:
  bearer: {{url: "URL", auth: {{bearer: "${{var.v00}}"}}, headers: {{X-Key: "${{var.v01}}", X-File: "${{file:SECRETS/26}}"}}}}
  basic: {{url: "URL", auth: {{basic: {{username: "${{var.v02}}", password: "${{var.v03}}"}}}}}}
  userinfo: {{url: "http://user:${{USERINFO}}@ADDRESS"}}
  session:
    url: "URL"
    login:
      request: {{method: POST, path: /login, form: {{password: "${{var.v04}}", code: "${{file:SECRETS/27}}"}}}}
      capture: {{token: token}}
    auth: {{bearer: "${{login.token}}"}}
  proxied: {{url: "http://nowhere.invalid", proxy: "http://user:${{USERINFO}}@127.0.0.1:1"}}
retry_policies:
  default: {{attempts: 2, deadline: 5s, backoff: {{initial: 1ms, max: 2ms}}}}
  unreachable: {{attempts: 2}}
failure_classes:
  - {{name: unreachable, policy: unreachable}}
  - {{name: told, match: {{status: 400, body: {{code: "${{var.v05}}"}}}}, action: fail, message: words}}
registrations:
  in-path: {{endpoint: bearer, request: {{method: PUT, path: "/p/${{var.v06}}/${{file:SECRETS/28}}"}}}}
  in-query: {{endpoint: basic, request: {{method: PUT, path: /q, query: {{a: "${{var.v07}}", b: "x${{var.f20}}y"}}}}}}
  in-headers: {{endpoint: bearer, request: {{path: /h, headers: {{X-Own: "${{var.v08}}", X-Coded: "k ${{var.f21}}"}}}}}}
  in-json:
    endpoint: basic
    request:
      method: PUT
      path: /j
      json: {{a: "${{var.v09}}", b: {{$base64: "${{var.v10}}"}}, c: {{$json: {{d: "${{var.f22}}"}}}}, e: {{$for_each: ["${{var.v11}}"], $value: "${{item}}"}}}}
  in-form: {{endpoint: session, request: {{method: PUT, path: /f, form: {{a: "${{var.v12}}", b: "${{file:SECRETS/29}}"}}}}}}
  in-text: {{endpoint: userinfo, request: {{method: PUT, path: /t, text: "a ${{var.v13}} b ${{var.f23}}"}}}}
  in-conditions:
    endpoint: bearer
    request: {{method: PUT, path: /c}}
    expect: {{body: {{never: {{equals: "${{var.v14}}"}}}}, headers: {{x-never: {{contains: "${{var.v15}}"}}}}}}
  in-captures:
    endpoint: bearer
    steps:
      - name: ask
        request: {{path: /captures}}
        capture:
          one: {{body: "secrets[0]", secret: true}}
          many: {{body: "secrets[1:4]", secret: true}}
          header: {{header: X-Secret, secret: true}}
          text: {{text: 'plain=<([^>]+)>', secret: true}}
      - name: use
        request: {{method: PUT, path: "/u/${{ask.one}}", headers: {{X-Captured: "${{ask.header}}"}}, json: {{many: "${{ask.many}}", text: "${{ask.text}}"}}}}
  behind-a-proxy: {{endpoint: proxied, request: {{path: /x, headers: {{A: "${{var.v16}}"}}}}}}
  sent-wrong:
    endpoint: bearer
    steps:
      - {{name: ask, request: {{path: /captures}}, capture: {{nothing: {{body: nowhere, default: ""}}}}}}
      - {{name: use, request: {{path: "/w/${{file:SECRETS/30}}/${{ask.nothing}}"}}}}
  undone:
    endpoint: bearer
    request: {{path: /d}}
    deregister: {{request: {{method: DELETE, path: "/d/${{var.v17}}", query: {{k: "${{var.f24}}"}}}}}}
"""


@pytest.fixture
def server() -> Iterator[str]:
    """A control plane that repeats all it hears, in every encoding, and never twice with the same status."""
    statuses = itertools.cycle([400, 500, 403, 200, 422, 503, 404, 302, 201, 429])

    def answer(request: Request) -> Reply:
        heard = [request.path, request.body.decode(), *request.headers.values()]
        forms = [form for text in heard for form in encoded(text)]
        document: object = {"code": "echo", "message": " ".join(forms), "words": forms, "group": "leaky"}
        status = next(statuses)
        if request.path == "/login":
            status, document = 200, {"token": canary(32)}
        if request.path == "/captures":
            status = 200
            document = {"secrets": [canary(n) for n in range(33, 37)], "plain": f"plain=<{canary(37)}>"}
        headers = {
            "X-Secret": quote(canary(38)),
            "X-Request-Id": quote(canary(0)),
            "Location": f"http://elsewhere.invalid/{quote(canary(1), safe='')}",
            "Content-Type": "application/json",
        }
        return Reply(status, json.dumps(document).encode(), headers)

    with serving(answer) as url:
        yield url.removeprefix("http://")


def encoded(text: str) -> list[str]:
    """The forms in which a text comes back from servers."""
    raw = text.encode()
    in_lines = base64.encodebytes(b"x" * 50 + raw).decode()
    return [
        html.escape(text),
        "".join(f"\\u{ord(char):04x}" for char in text),
        "".join(f"&#{ord(char)};" for char in text),
        in_lines.replace("\n", "\r\n"),
        text,
        quote(text),
        quote(text, safe=""),
        json.dumps(text)[1:-1],
        base64.b64encode(raw).decode(),
        repr(raw)[2:-1],
        "".join(f"%{byte:02x}" for byte in raw),
        json.dumps({"text": html.escape(text), "lines": in_lines}),
    ]


def leaks(output: str) -> list[str]:
    """The canaries that an output shows, in whatever form; the middle of one is enough to know it."""
    found = []
    output += plainly(output)
    for number in range(40):
        marks = [f"c4nary-{number:02d}-", f"{number * 7919}%22"] + (
            [f"{number * 7919}"] if number > 9 else []
        )
        coded = [base64.b64encode(b"\0" * pad + canary(number).encode()).decode()[8:20] for pad in range(3)]
        found += [mark for mark in marks + coded if mark in output]
    return found


def plainly(output: str) -> str:
    """The same with all escapes of ASCII undone, and without the ends of lines."""
    output = html.unescape(html.unescape(output))
    output = re.sub(r"\\+(?:u00|x)([0-7][0-9a-fA-F])", lambda found: chr(int(found[1], 16)), output)
    return re.sub(r"(?:\\+r)?\\+n|\s", "", unquote(output))


@pytest.fixture
def folder(tmp_path: Path, server: str) -> Path:
    (tmp_path / "secrets").mkdir()
    for number in range(20, 32):
        (tmp_path / "secrets" / str(number)).write_text(canary(number) + "\n")
    text = FILE.replace("SECRETS", str(tmp_path / "secrets")).replace("URL", f"http://{server}")
    (tmp_path / "enlist.yaml").write_text(text.replace("ADDRESS", server))
    return tmp_path


def outputs(folder: Path, *arguments: str) -> str:
    """Run a command and return all that it left behind."""
    environment = {"PATH": "/usr/bin:/bin", "USERINFO": quote(canary(18), safe=""), **IN_ENVIRONMENT}
    ended = warm.run(arguments, folder, environment)
    written = [path.read_text() for path in sorted(folder.glob("report.*"))]
    return ended.stdout.decode() + ended.stderr.decode() + "".join(written)


@pytest.mark.parametrize(
    "arguments",
    [
        ("validate", "--env"),
        ("plan",),
        ("plan", "--vars"),
        ("explain", "--registration", "in-json", "--status", "500"),
        ("run",),
        ("run", "--log-level", "debug"),
        ("run", "--log-format", "json", "--log-level", "debug"),
        ("deregister",),
        ("deregister", "--log-format", "json"),
        ("test",),
        *(("run", "--report", f"{form}=report.{form}") for form in FORMS),
        *(("run", "bodies", "--report", f"{form}=report.{form}") for form in FORMS),
        ("deregister", "bodies", "--report", "json=report.json"),
    ],
    ids=" ".join,
)
def test_no_output_shows_a_secret(folder: Path, arguments: tuple[str, ...]) -> None:
    if "bodies" in arguments:
        keep_bodies(folder)
        arguments = tuple(word for word in arguments if word != "bodies")
    shown = outputs(folder, *arguments)

    assert "nothing was sent" not in shown
    assert leaks(shown) == [], shown


def test_no_replay_of_a_report_with_bodies_shows_a_secret(folder: Path) -> None:
    keep_bodies(folder)
    told = outputs(folder, "run", "--report", "json=report.json")
    shown = outputs(folder, "explain", "--report", "report.json")

    assert '"body": "{' in told
    assert "in-path\n" in shown
    assert leaks(told + shown) == [], told + shown


def keep_bodies(folder: Path) -> None:
    with (folder / "enlist.yaml").open("a") as file:
        file.write("report: {bodies: true}\n")


def test_the_canaries_would_be_seen(folder: Path) -> None:
    """Without their secrecy the same file shows them: the search is not blind."""
    text = (folder / "enlist.yaml").read_text()
    (folder / "enlist.yaml").write_text(text.replace(", secret: true", ""))

    assert leaks(outputs(folder, "run")) != []
