"""Binding: a plan meets one environment, and what is missing is said all at once.

The container's log is read once, at night, after the deploy: a second run to find the second missing name is
a second outage. And binding asks for nothing that the command at hand does not use.
"""

import base64
import json
from collections.abc import Mapping

import pytest
from support.harness import NoFiles, bound_of, plan_of, play

from runner.config.binding.bind import bind
from runner.config.binding.binder import MAX_FILE_BYTES
from runner.language.terms import VerbName
from runner.language.value import Json
from runner.model.bound import BoundPlan
from runner.model.diagnostic import Diagnostic
from runner.model.secret import Secret, reveal

TOKEN = "t0p-s3cr3t-value"


def file_of(
    *, variables: str = "{}", endpoint: str = '{url: "http://h"}', request: str = "{path: /a}"
) -> str:
    return (
        f"version: 1\nvariables: {variables}\nendpoints: {{e: {endpoint}}}\n"
        f"registrations: {{r: {{request: {request}}}}}\n"
    )


def bound(
    text: str,
    environment: Mapping[str, str] | None = None,
    files: Mapping[str, bytes] | None = None,
    *,
    overrides: Mapping[str, Json] | None = None,
    verbs: tuple[VerbName, ...] = tuple(VerbName),
) -> tuple[BoundPlan | None, tuple[Diagnostic, ...]]:
    return bind(plan_of(text), environment or {}, NoFiles(files), verbs=verbs, overrides=overrides)


def problems(
    text: str, environment: Mapping[str, str] | None = None, files: Mapping[str, bytes] | None = None
) -> list[tuple[str, str]]:
    """The findings of a file that cannot be bound, as code and message."""
    plan, found = bound(text, environment, files)
    assert plan is None
    assert found
    return [(each.code, each.message) for each in found]


def value_of(written: str, given: str | None = None) -> Json:
    """The value that a variable with this definition has in a body."""
    text = file_of(variables=f"{{v: {written}}}", request='{method: PUT, path: /a, json: "${var.v}"}')
    (sent,) = play(text, "[{status: 200}]", environment={} if given is None else {"V": given}).sent
    value: Json = json.loads(sent.request.body or b"")
    return value


def test_all_missing_names_and_files_are_listed_at_once() -> None:
    text = file_of(
        variables="{a: {env: A}, b: {env: B}, f: {file: /run/f}}",
        endpoint='{url: "${URL}", auth: {bearer: "${file:/run/t}"}, headers: {X: "${var.f}", Y: "${Y:?why Y}"}}',
        request='{path: "/${var.a}/${var.b}/${C}/${D:-d}"}',
    )
    named = " ".join(message for _, message in problems(text))

    for name in ("A", "B", "C", "Y", "URL"):
        assert f"{name} is not set" in named
    for path in ("/run/f", "/run/t"):
        assert f"{path} cannot be read" in named
    assert "D is not set" not in named


def test_a_name_that_is_used_ten_times_is_missed_once_a_place() -> None:
    text = file_of(variables="{a: {env: A}}", request='{path: "/${var.a}/${var.a}", query: {q: "${var.a}"}}')

    assert problems(text) == [("E405", "A is not set (variable a)")]


def test_the_author_s_own_words_come_with_a_missing_name() -> None:
    _, found = bound(
        file_of(
            variables="{a: {env: A, description: the pool}}", request='{path: "/${var.a}/${B:?the site}"}'
        )
    )

    assert [each.hint for each in found] == ["the pool", "the site"]


def test_what_nothing_uses_is_not_required() -> None:
    text = """
version: 1
variables:
  unused: {env: UNUSED}
  for_deregister: {env: FOR_DEREGISTER}
  broken: {env: BROKEN, type: integer}
endpoints: {e: {url: "http://h"}}
registrations:
  r:
    request: {path: /a}
    deregister: {request: {method: DELETE, path: "/a/${var.for_deregister}/${ALSO}"}}
"""
    plan, found = bound(text, {"BROKEN": "x"}, verbs=(VerbName.REGISTER, VerbName.VERIFY))

    assert plan is not None
    assert found == ()
    assert [each.message for each in bound(text, verbs=(VerbName.DEREGISTER,))[1]] == [
        "FOR_DEREGISTER is not set (variable for_deregister)",
        "ALSO is not set",
    ]


def test_an_endpoint_that_nothing_uses_requires_nothing() -> None:
    text = """
version: 1
endpoints: {e: {url: "http://h"}, other: {url: "${OTHER}", auth: {bearer: "${file:/run/other}"}}}
registrations: {r: {endpoint: e, request: {path: /a}}}
"""
    assert bound(text)[1] == ()


@pytest.mark.parametrize(
    ("written", "given", "value"),
    [
        ("{env: V}", "x", "x"), ("{env: V}", "", ""), ("{env: V}", "0123", "0123"), ("{env: V}", "true", "true"),
        ("{env: V, default: d}", None, "d"), ("{env: V, default: d}", "x", "x"), ("{env: V, default: d}", "", ""),
        ("{env: V, default: 5}", None, 5), ("{env: V, type: integer}", "42", 42), ("{env: V, type: integer}", "-7", -7),
        ("{env: V, type: number}", "1.5", 1.5), ("{env: V, type: number}", "1e3", 1000.0),
        ("{env: V, type: boolean}", "true", True), ("{env: V, type: boolean}", "False", False),
        ("{env: V, type: duration}", "1m30s", 90), ("{env: V, type: duration}", "1.5s", 1.5),
        ("{env: V, type: list}", "a, b,,c ", ["a", "b", "c"]), ("{env: V, type: list}", '["a,b", 1, {"c": null}]', ["a,b", 1, {"c": None}]),
        ("{env: V, type: list}", "", []), ("{env: V, type: list, default: [1, 2]}", None, [1, 2]),
        ("{value: [1, a]}", None, [1, "a"]), ("{value: 5}", None, 5), ("{value: 90s, type: duration}", None, 90),
        ("{env: V, type: integer, default: 7}", None, 7), ("{env: V, type: duration, default: 2m}", None, 120),
    ],
)  # fmt: skip
def test_a_variable_has_its_source_s_value_in_its_type(written: str, given: str | None, value: Json) -> None:
    found = value_of(written, given)

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("integer", "x"), ("integer", "1.5"), ("integer", ""), ("integer", "1e3"), ("integer", "0x10"), ("integer", "1_000"),
        ("integer", "9" * 5000), ("integer", "٣"), ("number", "x"), ("number", "nan"), ("number", "inf"), ("number", "1e999"),
        ("number", "1_0"), ("boolean", "yes"), ("boolean", "1"), ("boolean", ""), ("duration", "5"), ("duration", "-5s"),
        ("duration", "9" * 400 + "s"), ("duration", "9" * 400 + ".5s"), ("list", "[1,"), ("list", "[1] x"), ("list", "[NaN]"),
        ("list", "[" * 100_000), ("list", "[1e999]"),
    ],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_a_value_that_is_not_of_its_type_is_a_finding_with_the_variable_s_name(kind: str, given: str) -> None:
    text = file_of(
        variables=f"{{v: {{env: V, type: {kind}}}}}", request='{method: PUT, path: /a, json: "${var.v}"}'
    )
    ((code, message),) = problems(text, {"V": given})

    assert code == "E405"
    assert message.startswith("V: ")
    assert "(variable v)" in message
    assert len(message) < 300


@pytest.mark.parametrize("kind", ["integer", "number", "boolean", "duration", "list"])
def test_a_secret_value_of_the_wrong_type_is_not_repeated(kind: str) -> None:
    text = file_of(
        variables=f"{{v: {{env: V, type: {kind}, secret: true}}}}",
        endpoint='{url: "http://h", auth: {bearer: "${var.v}"}}',
    )
    found = bound(text, {"V": f"[{TOKEN}"})[1]

    assert found
    assert TOKEN not in " ".join(f"{each.message} {each.hint}" for each in found)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"x\n", "x"),
        (b"x\r\n", "x"),
        (b"x\n\n", "x\n"),
        (b"x", "x"),
        (b" x ", " x "),
        ("ü".encode(), "ü"),
        (b"\xef\xbb\xbfx\n", "x"),
    ],
)
def test_one_newline_at_the_end_of_a_file_and_a_byte_order_mark_are_the_editor_s(
    content: bytes, value: str
) -> None:
    text = file_of(
        variables="{f: {file: /f}}", request='{method: PUT, path: /a, json: ["${var.f}", "${file:/f}"]}'
    )
    (sent,) = play(text, "[{status: 200}]", files={"/f": content}).sent

    assert json.loads(sent.request.body or b"") == [value, value]


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (None, "no such file"),
        (b"x" * (MAX_FILE_BYTES + 1), "larger than 64 KiB"),
        (b"\xff", "not UTF-8"),
        (b"", "empty"),
        (b"\n", "empty"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(content: bytes | None, cause: str) -> None:
    files = {} if content is None else {"/run/token": content}
    text = file_of(variables="{f: {file: /run/token}}", request='{path: "/${var.f}/${file:/run/token}"}')
    found = problems(text, files=files)

    assert [code for code, _ in found] == ["E405", "E406"]
    assert all(cause in message and "/run/token" in message for _, message in found)


def test_a_default_stands_in_for_a_file_that_cannot_be_read() -> None:
    text = file_of(variables="{f: {file: /run/token, default: d}}", request='{path: "/${var.f}"}')
    (sent,) = play(text, "[{status: 200}]").sent

    assert reveal(sent.request.url) == "http://h/d"


@pytest.mark.parametrize(
    ("definition", "secret"),
    [
        ("{file: /f}", True),
        ("{file: /f, secret: false}", False),
        ("{env: V}", False),
        ("{env: V, secret: true}", True),
    ],
)
def test_what_comes_from_a_file_is_secret_unless_it_is_said_not_to_be(definition: str, secret: bool) -> None:
    text = file_of(variables=f"{{v: {definition}}}", request='{path: "/${var.v}"}')
    plan = bound_of(text, {"V": TOKEN}, {"/f": TOKEN.encode()})

    assert isinstance(plan.scope.variables["v"], Secret) is secret
    assert (Secret(TOKEN) in plan.secrets) is secret


def test_an_override_comes_before_environment_file_and_default() -> None:
    text = file_of(
        variables="{a: {env: A, default: d}, f: {file: /f}, v: {value: w}}",
        request='{method: PUT, path: /a, json: ["${var.a}", "${var.f}", "${var.v}"]}',
    )
    plan, found = bound(text, {"A": "env"}, {"/f": b"file"}, overrides={"a": 1, "f": "o", "v": [True]})

    assert found == ()
    assert plan is not None
    assert plan.scope.variables == {"a": 1, "f": Secret("o"), "v": [True]}


def test_an_override_is_read_in_the_variable_s_type() -> None:
    text = file_of(
        variables="{a: {env: A, type: duration}}", request='{method: PUT, path: /a, json: "${var.a}"}'
    )
    plan, _ = bound(text, overrides={"a": "1m"})

    assert plan is not None
    assert plan.scope.variables == {"a": 60}


@pytest.mark.parametrize(
    ("url", "address", "credentials"),
    [
        ("http://h", "http://h", None),
        ("http://h/", "http://h", None),
        ("http://h:80/base/", "http://h:80/base", None),
        ("https://[::1]:8443/x", "https://[::1]:8443/x", None),
        ("http://u:p@h:1/x", "http://h:1/x", "u:p"),
        ("http://u@h", "http://h", "u:"),
        ("http://u%40corp:p%3Aw%2F@h", "http://h", "u@corp:p:w/"),
    ],
)
def test_credentials_in_a_url_become_a_header_and_leave_the_url(
    url: str, address: str, credentials: str | None
) -> None:
    text = file_of(endpoint=f'{{url: "{url}"}}')
    (sent,) = play(text, "[{status: 200}]").sent
    headers = {name: reveal(value) for name, value in sent.request.headers}
    expected = None if credentials is None else f"Basic {base64.b64encode(credentials.encode()).decode()}"

    assert reveal(sent.request.url) == f"{address}/a"
    assert headers.get("Authorization") == expected


@pytest.mark.parametrize(
    ("endpoint", "header"),
    [
        ('{url: "http://h", auth: {bearer: tok}}', "Bearer tok"),
        (
            '{url: "http://h", auth: {basic: {username: u, password: "p:ü"}}}',
            f"Basic {base64.b64encode('u:p:ü'.encode()).decode()}",
        ),
        ('{url: "http://a:b@h", auth: {bearer: tok}}', "Bearer tok"),
    ],
)
def test_auth_becomes_the_authorization_header_and_wins_over_the_url(endpoint: str, header: str) -> None:
    (sent,) = play(file_of(endpoint=endpoint), "[{status: 200}]").sent

    assert [reveal(value) for name, value in sent.request.headers if name == "Authorization"] == [header]
    assert all(isinstance(value, Secret) for name, value in sent.request.headers if name == "Authorization")


@pytest.mark.parametrize(
    "url",
    ["http://", "http:///x", "http://:80", "ftp://h", "h:80", "//h", "http://h?a=1", "http://h/#a", "http://h:99999", "http://h:0",
     "http://h:x", "http://h h", "http://[::1", "http://h\nx", "http://h\x7f", "", "http://u:p@"],
)  # fmt: skip
def test_a_url_that_cannot_be_used_is_a_finding(url: str) -> None:
    ((code, message),) = problems(file_of(endpoint='{url: "${URL}"}'), {"URL": url})

    assert code == "E408"
    assert "cannot be used" in message


@pytest.mark.parametrize(
    "url",
    ["http://admin:${PW}@", "http://admin:${PW}@h/?x=1", "ftp://admin:${PW}@h", "http://admin:${PW}@h:0"],
)
def test_a_password_in_a_url_that_cannot_be_used_is_not_printed(url: str) -> None:
    found = problems(
        file_of(endpoint=f'{{url: "{url}"}}'.replace("ftp://", "${S}://")), {"PW": TOKEN, "S": "ftp"}
    )

    assert TOKEN not in str(found)


@pytest.mark.parametrize(
    ("url", "value"),
    [
        ("http://${V}.trusted.example", "evil:80/"),
        ("http://${V}.trusted.example", "evil/"),
        ("http://${V}.trusted.example", "evil?"),
        ("http://${V}.trusted.example", "evil#"),
        ("http://${V}.trusted.example", "evil\\"),
        ("http://${V}.trusted.example", "a@evil"),
        ("http://${V}.trusted.example", "a:80"),
        ("http://trusted${V}", "x@evil"),
        ("http://trusted:${V}", "80@evil"),
        ("http://user:${V}@trusted", "x@evil/"),
        ("http://user:${V}@trusted", "80/"),
        ("http://${V}:8500", "u:p@evil"),
    ],
)
def test_a_value_within_the_host_of_a_url_cannot_lead_to_another_host(url: str, value: str) -> None:
    ((code, message),) = problems(file_of(endpoint=f'{{url: "{url}"}}'), {"V": value})

    assert code == "E408"
    assert "${V} cannot stand in the host" in message


@pytest.mark.parametrize(
    ("url", "value"),
    [
        ("http://${V}.trusted.example", "tenant-1"),
        ("http://${V}:8500", "[::1]"),
        ("http://${V}", "u:p@h:80"),
        ("http://${V}/v1", "10.0.0.1:8500"),
        ("http://user:${V}@h", "p:w$%"),
        ("http://h:${V}", "8500"),
        ("${V}/v1", "https://h"),
    ],
)
def test_a_value_within_the_host_of_a_url_can_be_a_host_a_port_or_a_password(url: str, value: str) -> None:
    assert bound(file_of(endpoint=f'{{url: "{url}"}}'), {"V": value})[1] == ()


USES = {
    "json": '{method: PUT, path: /a, json: "${V}"}',
    "path": '{path: "/${V}"}',
    "query": '{path: /a, query: {v: "${V}"}}',
    "form": '{method: PUT, path: /a, form: {v: "${V}"}}',
    "text": '{method: PUT, path: /a, text: "${V}"}',
    "variable": '{method: PUT, path: /a, json: "${var.v}"}',
    "secret": '{method: PUT, path: /a, json: "${var.s}"}',
    "base64": '{method: PUT, path: /a, json: {$base64: "${V}"}}',
    "header": '{path: /a, headers: {X-A: "${V}"}}',
    "with a default": '{path: "/${V:-a}"}',
}


@pytest.mark.parametrize("request_", USES.values(), ids=USES)
def test_a_value_of_the_environment_that_is_not_utf_8_is_a_finding_with_its_name(request_: str) -> None:
    text = file_of(variables="{v: {env: V}, s: {env: V, secret: true}}", request=request_)

    ((code, message),) = problems(text, {"V": "caf\udce9"})

    assert code == "E405"
    assert "V is not UTF-8" in message


def test_a_secret_url_stays_secret_when_its_credentials_are_taken_out() -> None:
    text = file_of(variables="{u: {env: U, secret: true}}", endpoint='{url: "${var.u}"}')
    for url in ("http://hooks.example/T0/s3cr3t-path", "http://u:p@hooks.example/T0/s3cr3t-path"):
        (sent,) = play(text, "[{status: 200}]", environment={"U": url}).sent

        assert isinstance(sent.request.url, Secret)
        assert "s3cr3t-path" not in sent.request.url.shown


def test_a_location_on_a_secret_url_does_not_show_it() -> None:
    text = """
version: 1
variables: {u: {env: U, secret: true}}
endpoints: {e: {url: "${var.u}"}}
registrations:
  r: {steps: [{name: look, request: {path: /a}, capture: {to: {header: Location}}}, {name: go, request: {path: "${look.to}"}}]}
"""
    given = "[{step: look, headers: {Location: things/7}}, {step: go}]"
    played = play(text, given, environment={"U": "http://hooks.example/s3cr3t-path"})

    assert len(played.sent) == 2
    assert [each.url for each in played.report.outcomes[0].attempts if "s3cr3t-path" in each.url] == []


@pytest.mark.parametrize(
    "endpoint",
    ['{url: "http://${var.l}"}', '{url: "http://h", headers: {X: "${var.l}"}}', '{url: "http://h", auth: {bearer: "${var.l}"}}',
     '{url: "http://h", proxy: "${var.l}"}', '{url: "http://h", tls: {ca_file: "${var.l}"}}', '{url: "http://h", socket: "${var.l}"}'],
)  # fmt: skip
def test_a_list_where_a_text_must_stand_is_a_finding_and_no_exception(endpoint: str) -> None:
    found = problems(file_of(variables="{l: {env: L, type: list}}", endpoint=endpoint), {"L": "a,b"})

    assert "list" in str(found)


@pytest.mark.parametrize("value", ["a\nb", "a\r\nX: y", "a\x00"])
@pytest.mark.parametrize(
    "endpoint", ['{url: "http://h", headers: {X-Tag: "${V}"}}', '{url: "http://h", auth: {bearer: "${V}"}}']
)
def test_a_control_character_in_an_endpoint_s_header_is_a_finding(endpoint: str, value: str) -> None:
    ((code, message),) = problems(file_of(endpoint=endpoint), {"V": value})

    assert code == "E407"
    assert value not in message


def test_a_plan_holds_neither_environment_nor_secrets_and_binds_again_with_fresh_ones() -> None:
    text = file_of(endpoint='{url: "http://h", auth: {bearer: "${file:/t}"}}')
    plan = plan_of(text)
    files = NoFiles({"/t": b"first-token"})
    first, _ = bind(plan, {}, files)
    files.contents["/t"] = b"second-token"
    second, _ = bind(plan, {}, files)

    assert first is not None
    assert second is not None
    assert [reveal(each.scope.files["/t"]) for each in (first, second)] == ["first-token", "second-token"]
    assert "first-token" not in repr(plan)
