"""The values of the language: units, placeholders, documents, conditions, patterns, secrets, requests.

Pure functions are asked directly, by table. What a request looks like on the wire is asked of a real run in
virtual time, because encoding, origin and secrecy are promises about what is sent and printed, and not about
one function.
"""

import base64
import json
import subprocess
import sys
import time
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from support.harness import NoFiles, Played, bound_of, plan_of, play

from runner.config.binding.bind import bind
from runner.language import units
from runner.language.span import Span
from runner.language.value import (
    Condition,
    Document,
    Encode,
    ForEach,
    Json,
    ListNode,
    MapNode,
    Operator,
    Reference,
    Source,
    Template,
)
from runner.model.bound import Scope
from runner.model.secret import MASK, Secret, Value, reveal, shown
from runner.report.json_report import render_json
from runner.report.log_line import text_line
from runner.report.summary import render_summary
from runner.values import condition, document, path, pattern
from runner.values.budget import Budget
from runner.values.derived import MIN_CHARS
from runner.values.printable import printable
from runner.values.secret import Redactor
from runner.values.template import RenderError, TemplateError, parse_template, render_text, render_value

HERE = Span("f.yaml", 1, 1, 1, 1)
TOKEN = "t0p-s3cr3t/ä+?"


def scope_of(item: Value = None, **variables: Value) -> Scope:
    return Scope(
        variables=variables,
        environment={"HOST": "h", "EMPTY": ""},
        files={"/run/token": Secret("from-the-file")},
        captures={"look": {"id": 7, "names": ["a", "b"], "token": Secret("captured")}},
        item=item,
    )


def template(text: str) -> Template:
    return parse_template(text, HERE)


# Units


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("500ms", 0.5), ("5s", 5.0), ("1m30s", 90.0), ("2h", 7200.0), ("1d", 86400.0), ("1d2h3m4s5ms", 93784.005),
        ("0s", 0.0), ("1.5s", 1.5), ("0.5h", 1800.0), ("90m", 5400.0), ("007s", 7.0), ("1.5ms", 0.0015),
    ],
)  # fmt: skip
def test_a_duration_is_a_number_with_its_unit(written: str, seconds: float) -> None:
    assert units.parse_duration_s(written) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("5", "write the unit: 5s or 5ms"),
        ("1.5", "write the unit: 1.5s or 1.5ms"),
        ("5 sec", "write 5s"),
        ("5min", "write 5m"),
        ("2hrs", "write 2h"),
        ("5M", "write 5m"),
        ("30s1m", "write 1m30s"),
        ("1m1m", "write 2m"),
        ("1.5m30s", "write 2m"),
        ("-1s", "is not negative"),
        ("+1s", "write 1s"),
        ("", "the largest first"),
        ("s", "the largest first"),
        ("5s ", "write 5s"),
        ("5s\n", "write 5s"),
        ("\u0665s", "the largest first"),
        ("PT5S", "write 5s"),
        ("1e3s", "the largest first"),
    ],
)
def test_what_is_no_duration_says_what_would_be(written: str, hint: str) -> None:
    with pytest.raises(units.UnitError) as refused:
        units.parse_duration_s(written)

    assert hint in (refused.value.hint or "")


@pytest.mark.parametrize("written", ["9" * 400 + "s", "9" * 5000 + "s", "9" * 400 + ".5s"])
def test_a_duration_without_end_is_refused_as_one(written: str) -> None:
    with pytest.raises(units.UnitError):
        units.parse_duration_s(written)


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0.0, "0ms"), (0.2, "200ms"), (0.9994, "999ms"), (1, "1s"), (1.5, "1.5s"), (59.9, "59.9s"), (90, "1m30s"),
     (3600, "1h"), (3661, "1h1m1s"), (86400, "24h"), (59.96, "1m"), (0.9996, "1s"), (60, "1m")],
)  # fmt: skip
def test_a_duration_is_shown_as_a_person_writes_it(seconds: float, written: str) -> None:
    assert units.format_duration(seconds) == written


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.integers(1, 10**7))
def test_a_shown_duration_of_whole_seconds_reads_back_as_itself(seconds: int) -> None:
    assert units.parse_duration_s(units.format_duration(seconds)) == seconds


@pytest.mark.parametrize(
    ("written", "size"),
    [("0B", 0), ("64KiB", 65536), ("1MiB", 1048576), ("10MB", 10_000_000), ("1GiB", 2**30)],
)
def test_a_size_has_a_unit_that_means_one_thing(written: str, size: int) -> None:
    assert units.parse_size_bytes(written) == size


@pytest.mark.parametrize(
    "written", ["64", "64K", "1M", "1mib", "1.5MiB", "-1B", "", "1 MiB", "٦KB", "9" * 5000 + "B"]
)
def test_what_is_no_size_is_refused(written: str) -> None:
    with pytest.raises(units.UnitError):
        units.parse_size_bytes(written)


@pytest.mark.parametrize(
    ("items", "excluded", "inside", "outside"),
    [
        ([429], [], {429}, {428, 430}),
        (["429"], [], {429}, {428}),
        (["5xx"], [], {500, 599}, {499}),
        (["500-504"], [], {500, 504}, {505, 499}),
        ([200, "3xx"], [], {200, 302}, {201}),
        (["5xx"], [501, "505-510"], {500, 504}, {501, 507}),
        (["100-599"], ["2xx"], {100, 404}, {200, 299}),
    ],
)
def test_a_status_set_has_what_it_says_and_not_what_it_excepts(
    items: list[int | str], excluded: list[int | str], inside: set[int], outside: set[int]
) -> None:
    found = units.parse_status_set(items, excluded)

    assert inside <= found.codes
    assert not outside & found.codes


@pytest.mark.parametrize(
    "items",
    [["6xx"], [99], [600], ["504-500"], ["5XX"], ["4x"], ["٤٠٤"], ["200 "], ["1e2"], [-200], ["200-600"]],
)
def test_what_is_no_status_set_is_refused(items: list[int | str]) -> None:
    with pytest.raises(units.UnitError):
        units.parse_status_set(items, [])


def test_a_status_set_of_which_nothing_is_left_is_refused() -> None:
    with pytest.raises(units.UnitError, match="nothing is left"):
        units.parse_status_set([200], ["2xx"])


# Placeholders


def reference(source: Source, name: str = "", **rest: str) -> Reference:
    return Reference(source=source, name=name, **rest)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("plain", ("plain",)),
        ("", ("",)),
        ("$5 and $HOME and $$", ("$5 and $HOME and $$",)),
        ("$${HOST}", ("${HOST}",)),
        ("$$${HOST}", ("$${HOST}",)),
        ("${HOST}", (reference(Source.ENV, "HOST"),)),
        ("a${HOST}b", ("a", reference(Source.ENV, "HOST"), "b")),
        ("${A}${_B1}", (reference(Source.ENV, "A"), reference(Source.ENV, "_B1"))),
        ("${A:-}", (reference(Source.ENV, "A", default=""),)),
        ("${A:-x: y # z}", (reference(Source.ENV, "A", default="x: y # z"),)),
        ("${A:?set it}", (reference(Source.ENV, "A", message="set it"),)),
        ("${file:/run/a b}", (reference(Source.FILE, "/run/a b"),)),
        ("${var.pool-1}", (reference(Source.VAR, "pool-1", field="pool-1"),)),
        ("${look.id}", (reference(Source.CAPTURE, "look", field="id"),)),
        ("${item}", (Reference(source=Source.ITEM, name="item"),)),
        ("${item.Key}", (Reference(source=Source.ITEM, name="item", field="Key"),)),
        ("}{ $ {x}", ("}{ $ {x}",)),
    ],
)
def test_a_text_is_split_at_its_placeholders(text: str, parts: tuple[str | Reference, ...]) -> None:
    assert template(text).parts == parts


@pytest.mark.parametrize(
    "text",
    ["${", "${A", "a ${A b", "${}", "${ A}", "${a}", "${var}", "${var.}", "${A-b}", "${A:b}", "${file:}", "${{A}}",
     "${Var.a}", "${look.id.x}", "${look.1}", "${1A}", "${Ä}", "${A:+b}", "${a.b:-c}", "${A${B}}"],
)  # fmt: skip
def test_what_looks_like_a_placeholder_and_is_none_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(TemplateError) as refused:
        template(text)

    assert refused.value.hint


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${var.port}", 8080), ("${var.on}", True), ("${var.list}", [1, "b"]), ("${look.names}", ["a", "b"]),
        ("${var.port}/x", "8080/x"), ("${var.on}!", "true!"), ("${HOST}:${var.port}", "h:8080"),
        ("${EMPTY}", ""), ("${EMPTY:-d}", "d"), ("${NONE:-d}", "d"), ("${NONE:-}", ""), ("${HOST:-d}", "h"),
        ("${var.text}", "${HOST} $${x} {a: 1}"), ("a${var.text}", "a${HOST} $${x} {a: 1}"),
    ],
)  # fmt: skip
def test_a_whole_placeholder_keeps_its_type_and_nothing_is_expanded_twice(text: str, value: Value) -> None:
    scope = scope_of(port=8080, on=True, list=[1, "b"], text="${HOST} $${x} {a: 1}")
    rendered = render_value(template(text), scope)

    assert rendered == value
    assert type(rendered) is type(value)


@pytest.mark.parametrize(
    "text",
    ["${NONE}", "${look.other}", "${later.id}", "${item.b}", "a${var.list}", "a${var.map}", "a${var.null}"],
)
def test_a_placeholder_without_a_usable_value_is_said_by_name(text: str) -> None:
    scope = scope_of(item={"a": 1}, list=[1], map={"a": 1}, null=None)
    with pytest.raises(RenderError) as refused:
        render_text(template(text), scope)

    name = text.removeprefix("a").removeprefix("${").removesuffix("}")
    assert name in str(refused.value)


@pytest.mark.parametrize("text", ["${file:/run/token}", "x ${look.token} y", "${var.token}${HOST}"])
def test_a_text_with_a_secret_in_it_is_secret_and_shows_the_rest(text: str) -> None:
    rendered = render_text(template(text), scope_of(token=Secret(TOKEN)))

    assert isinstance(rendered, Secret)
    assert MASK in shown(rendered)
    for hidden in (TOKEN, "captured", "from-the-file"):
        assert hidden not in f"{rendered} {rendered!r} {shown(rendered)}"


def test_the_encoding_is_for_placeholders_and_not_for_the_text_around_them() -> None:
    rendered = render_text(template("a b/${var.v}"), scope_of(v="c d"), lambda text: text.replace(" ", "%20"))

    assert rendered == "a b/c%20d"


# Documents


def for_each(items: object, value: object, *, key: str | None = None, allow_empty: bool = False) -> ForEach:
    return ForEach(
        items=ListNode(tuple(items)) if isinstance(items, list) else items,  # type: ignore[arg-type]  # by table
        value=value,  # type: ignore[arg-type]  # by table
        key=None if key is None else template(key),
        allow_empty=allow_empty,
        span=HERE,
    )


def test_for_each_gives_a_list_or_with_a_key_a_map() -> None:
    assert document.render_document(for_each(["a", "b"], template("x-${item}")), scope_of()) == ["x-a", "x-b"]
    assert document.render_document(
        for_each(["a", "b"], template("${item}"), key="k-${item}"), scope_of()
    ) == {
        "k-a": "a",
        "k-b": "b",
    }


def test_for_each_within_for_each_makes_a_bounded_number_of_values() -> None:
    many: Document = 1
    for _ in range(5):
        many = for_each([*range(100)], many)

    with pytest.raises(RenderError, match="more than 10,000 values"):
        document.render_document(many, scope_of())


def test_for_each_makes_a_bounded_amount_of_text() -> None:
    with pytest.raises(RenderError, match="more than 4 MiB"):
        document.render_document(for_each([*range(1000)], "x" * 10_000), scope_of())


def test_encodings_within_each_other_are_bounded() -> None:
    quoted: Document = '"'
    for _ in range(60):
        quoted = Encode("json", quoted)

    with pytest.raises(RenderError, match="more than 4 MiB"):
        document.render_document(quoted, scope_of())


def test_for_each_within_for_each_sees_the_inner_item() -> None:
    inner = for_each(template("${item}"), template("<${item}>"))
    outer = for_each(template("${var.lists}"), inner)

    assert document.render_document(outer, scope_of(lists=[["a"], ["b", "c"]])) == [["<a>"], ["<b>", "<c>"]]


@pytest.mark.parametrize(
    ("items", "key", "cause"),
    [
        ([], None, "empty list"),
        (template("${var.text}"), None, "needs a list"),
        (template("${var.map}"), None, "needs a list"),
        (["a", "a"], "${item}", "twice"),
        (template("${var.lists}"), "${item}", "list"),
    ],
)
def test_for_each_refuses_what_would_lose_something(items: object, key: str | None, cause: str) -> None:
    scope = scope_of(text="abc", map={"a": 1}, lists=[["a"]])
    with pytest.raises(RenderError, match=cause):
        document.render_document(for_each(items, 1, key=key), scope)


def test_an_empty_list_is_fine_where_it_is_said_to_be() -> None:
    assert document.render_document(for_each([], 1, allow_empty=True), scope_of()) == []
    assert document.render_document(for_each([], 1, key="a", allow_empty=True), scope_of()) == {}


def test_encodings_encode_and_keep_secrecy() -> None:
    scope = scope_of(token=Secret(TOKEN))
    plain = document.render_document(Encode("base64", "hé"), scope)
    secret = document.render_document(Encode("base64", template("u:${var.token}")), scope)
    as_json = document.render_document(Encode("json", MapNode((("a", template("${var.token}")),))), scope)

    assert plain == base64.b64encode("hé".encode()).decode()
    assert isinstance(secret, Secret)
    assert base64.b64decode(reveal(secret)).decode() == f"u:{TOKEN}"
    assert isinstance(as_json, Secret)
    assert json.loads(reveal(as_json)) == {"a": TOKEN}
    assert TOKEN not in f"{secret}{as_json}"


def test_a_secret_list_or_number_is_secret_in_every_leaf() -> None:
    hidden = document.hidden({"a": [1, True, None, "x"]})

    assert document.has_secret(hidden)
    assert document.revealed(hidden) == {"a": ["1", "true", None, "x"]}
    assert "x" not in repr(hidden).replace("Secret(shown='***')", "")


# Conditions


CONDITIONS: list[tuple[Operator, Json, Json, bool]] = [
    (Operator.EQUALS, 1, 1.0, True), (Operator.EQUALS, 1, True, False), (Operator.EQUALS, 0, False, False),
    (Operator.EQUALS, None, None, True), (Operator.EQUALS, "1", 1, False), (Operator.EQUALS, [1, {"a": True}], [1.0, {"a": True}], True),
    (Operator.EQUALS, [1, {"a": True}], [1, {"a": 1}], False), (Operator.EQUALS, {"a": 1}, {"a": 1, "b": 2}, False),
    (Operator.IN, ["a", 1], 1.0, True), (Operator.IN, ["a", 1], True, False), (Operator.IN, [], None, False),
    (Operator.CONTAINS, "bc", "abcd", True), (Operator.CONTAINS, "x", "abcd", False), (Operator.CONTAINS, 1, ["a", 1], True),
    (Operator.CONTAINS, True, [1], False), (Operator.CONTAINS, "a", {"a": 1}, True), (Operator.CONTAINS, 1, 12, False),
    (Operator.CONTAINS, 1, "12", False), (Operator.CONTAINS, "a", None, False),
    (Operator.MATCHES, "^v[0-9]+$", "v12", True), (Operator.MATCHES, "b", "abc", True), (Operator.MATCHES, "1", 1, False),
    (Operator.MATCHES, "a", None, False), (Operator.MATCHES, "z", "a" * 9000 + "z", False),
    (Operator.EXISTS, True, 0, True), (Operator.EXISTS, True, None, False), (Operator.EXISTS, False, None, True), (Operator.EXISTS, False, "", False),
    (Operator.EMPTY, True, [], True), (Operator.EMPTY, True, "", True), (Operator.EMPTY, True, {}, True), (Operator.EMPTY, True, None, True),
    (Operator.EMPTY, True, 0, False), (Operator.EMPTY, True, False, False), (Operator.EMPTY, False, [0], True), (Operator.EMPTY, False, "", False),
    (Operator.MIN, 1, 1, True), (Operator.MIN, 1, 0.9, False), (Operator.MAX, 1, 1.0, True), (Operator.MAX, 1, 2, False),
    (Operator.MIN, 5, "7", True), (Operator.MIN, 0, True, False), (Operator.MIN, 0, "abc", False), (Operator.MIN, 0, None, False),
    (Operator.MAX, 5, [1], False), (Operator.MIN, 1, "nan", False), (Operator.MAX, 1, "nan", False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("operator", "operand", "value", "holds"),
    CONDITIONS,
    ids=[f"{value!r:.20} {operator} {operand!r}" for operator, operand, value, _ in CONDITIONS],
)
def test_a_condition_holds_or_does_not_and_never_raises(
    operator: Operator, operand: Json, value: Json, holds: bool
) -> None:
    assert condition.holds(Condition(operator, written(operand)), value, scope_of()) is holds


def written(operand: Json) -> Document:
    """Return an operand as the language front end would hand it over."""
    match operand:
        case list():
            return ListNode(tuple(written(item) for item in operand))
        case dict():
            return MapNode(tuple((key, written(item)) for key, item in operand.items()))
        case _:
            return operand


def test_a_condition_sees_through_secrets_and_placeholders() -> None:
    asked = Condition(Operator.IN, ListNode((template("${var.token}"), 2)))

    assert condition.holds(asked, TOKEN, scope_of(token=Secret(TOKEN)))
    assert not condition.holds(asked, MASK, scope_of(token=Secret(TOKEN)))


@pytest.mark.parametrize("char", ['"', "'", "`", "\\"])
def test_a_value_cannot_leave_its_quotes_in_a_path(char: str) -> None:
    with pytest.raises(RenderError, match="quote or a backslash"):
        condition.render_name(template('a."${var.v}"'), scope_of(v=f"x{char}y"))


# Paths and patterns


def test_a_path_that_meets_another_type_does_not_hold_and_does_not_raise() -> None:
    assert path.search("length(a)", {"a": 1}, Budget()) == (False, None)
    assert path.search("sort(a)", {"a": [1, "b"]}, Budget()) == (False, None)
    assert path.search("a.b", {"a": [1]}, Budget()) == (True, None)
    assert path.search("max(a)", {"a": []}, Budget()) == (True, None)


@pytest.mark.parametrize("text", ["a[", "a-b", "", "a..b", "sort(", "[" * 5000])
def test_what_is_no_path_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(path.PathError) as refused:
        path.compile_path(text)

    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", "empty"), (b"  \n", "empty"), (b"\xff", "UTF-8"), (b"{", "line 1, column 2"), (b"NaN", "number"),
        (b"[Infinity]", "number"), (b"1" * 5000, "number"), (b"[" * 50_000, "nested"), (b"{} x", "not JSON"),
        (b"[" + b"1," * 120_000 + b"1]", "more than 120,000 values"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_document_says_why(body: bytes, cause: str) -> None:
    with pytest.raises(path.NoDocument, match=cause):
        path.read_document(body)


@pytest.mark.parametrize(
    "text", ["^v[0-9]+$", "a{3}(b{2}){2}", "(a|b)c", "(ab)+", r"\bid=(\d+)", "(?i)abc", "(a+)+b", "(aa|a)*"]
)
def test_an_ordinary_pattern_is_accepted(text: str) -> None:
    pattern.compile_pattern(text)


@pytest.mark.parametrize(
    "text",
    ["(", "[a", "*", r"\k", "(?=a)b", "(?<!a)b", r"(a)\1", "(?P<n>a)(?P=n)", "(?>a)", "a++", "(" * 5000,
     "a{1001}", r"\pL{50}", "\ud800"],
)  # fmt: skip
def test_what_is_no_pattern_of_a_bounded_cost_is_refused(text: str) -> None:
    with pytest.raises(pattern.PatternError):
        pattern.compile_pattern(text)


@pytest.mark.parametrize(
    ("text", "within", "found"),
    [("id=([a-z]+)", "id=web", "web"), ("[0-9]+", "v12", "12"), ("(a)?b", "b", None), ("a", "b", None),
     ("ü(.)", "\ud800üx", "x"), ("b", "a" * pattern.MAX_CHARS + "b", None)],
)  # fmt: skip
def test_the_first_group_is_what_a_pattern_finds(text: str, within: str, found: str | None) -> None:
    assert pattern.find(text, within) == found


@pytest.mark.parametrize(
    ("text", "within"),
    [("^(?:[0-9a-f]+:?){4}$", "a" * 8192), ("(a?){30}a{30}X", "a" * 40), ("(?:a|aa){40}b", "a" * 60),
     (r"(\w?){40}\d", "a" * 60), ("(x+x+)+y", "x" * 8192), ("(a?b?c?d?){90}X", "abcd" * 2048), (".*.*.*.*x", "a" * 8192)],
)  # fmt: skip
def test_no_accepted_pattern_runs_for_ever(text: str, within: str) -> None:
    program = "import sys; from runner.values import pattern; pattern.matches(*sys.argv[1:])"
    # A process, because nothing in this one could end a match that is stuck.
    subprocess.run([sys.executable, "-I", "-c", program, text, within], timeout=5, check=True)


@pytest.mark.parametrize(
    ("expression", "document"),
    [("|".join(["[@,@]"] * 60), 1), ("|".join(["[@,@]"] * 60) + "|to_string(@)", 1), ("|".join(["[@,@][]"] * 60), [1]),
     ("[?@ > `3`]", [*range(200_000)]), ("[*][*][*]", [[[1] * 100] * 100] * 100), ("to_string(@)", [0] * 500_000)],
)  # fmt: skip
def test_a_path_that_takes_too_many_steps_says_so(expression: str, document: Json) -> None:
    with pytest.raises(path.PathCost, match="too many steps"):
        path.search(expression, document, Budget())


def test_the_paths_that_are_asked_of_one_answer_share_what_they_may_take() -> None:
    services: Json = [{"name": f"s{number}", "id": number} for number in range(1000)]
    budget = Budget()

    def ask() -> None:
        for number in range(10):
            path.search(f"[?name == 's{number}'].id", services, budget)

    with pytest.raises(path.PathCost, match="too many steps"):
        ask()


def test_a_path_into_a_long_answer_is_affordable() -> None:
    services: Json = [{"name": f"s{number}", "id": number} for number in range(3000)]

    assert path.search("[?name == 's2999'].id", services, Budget()) == (True, [2999])


def test_a_path_that_is_too_long_is_none() -> None:
    with pytest.raises(path.PathError):
        path.compile_path("a." * path.MAX_CHARS + "a")


# Secrets


DERIVED = {
    "in the clear": TOKEN,
    "within a sentence": f'said "{TOKEN}" to us',
    "percent-encoded": "t0p-s3cr3t%2F%C3%A4%2B%3F",
    "percent-encoded with slashes": "t0p-s3cr3t/%C3%A4%2B%3F",
    "in JSON": json.dumps({"a": TOKEN}),
    "base64": base64.b64encode(TOKEN.encode()).decode(),
    "base64 for URLs": base64.urlsafe_b64encode(TOKEN.encode()).decode(),
    "basic credentials": base64.b64encode(f"user:{TOKEN}".encode()).decode(),
    "basic credentials of a shorter user": base64.b64encode(f"ab:{TOKEN}".encode()).decode(),
    "basic credentials of a longer user": base64.b64encode(f"admin1:{TOKEN}".encode()).decode(),
    "base64 with something after it": base64.b64encode(f"{TOKEN}:x".encode()).decode(),
    "lower-case percent-encoded": "t0p-s3cr3t%2f%c3%a4%2b%3f",
    "base64 without padding": base64.b64encode(TOKEN.encode()).decode().rstrip("="),
    "hexadecimal escapes of JSON": "t0p-s3cr3t/\\u00e4+?",
}


@pytest.mark.parametrize("form", DERIVED)
def test_a_secret_is_masked_in_every_form_in_which_it_travels(form: str) -> None:
    redactor = Redactor()
    redactor.learn(Secret(TOKEN))
    masked = redactor.mask(DERIVED[form])

    assert MASK in masked
    assert TOKEN not in masked
    # Of an encoded form a few characters may stay, those that depend on its neighbours.
    assert len(masked.replace(MASK, "")) <= len(DERIVED[form]) - len(TOKEN)


def test_a_secret_of_few_characters_is_not_replaced_everywhere() -> None:
    redactor = Redactor()
    redactor.learn("b" * (MIN_CHARS - 1))
    redactor.learn("")

    assert redactor.mask("bbbbb abc") == "bbbbb abc"


def test_the_longer_of_two_secrets_is_masked_whole() -> None:
    redactor = Redactor()
    redactor.learn("secret")
    redactor.learn("secret-and-more")

    assert redactor.mask("x secret-and-more y") == f"x {MASK} y"


class Nested(Struct, frozen=True):
    """Frozen data as events and outcomes are."""

    text: str
    rest: "tuple[Nested | str | int | None, ...]" = ()


def test_every_text_in_frozen_data_is_masked_at_any_depth() -> None:
    redactor = Redactor()
    redactor.learn(TOKEN)
    masked = redactor.mask_fields(Nested(TOKEN, (Nested(f"a {TOKEN}"), 5, None, TOKEN)))

    assert masked == Nested(MASK, (Nested(f"a {MASK}"), 5, None, MASK))


@pytest.mark.parametrize(
    ("text", "shown_as"),
    [
        ("plain ü \U0001f600", "plain ü \U0001f600"), ("a\nb\r\t", "a\\nb\\r\\t"), ("\x1b[31mred", "\\u001b[31mred"),
        ("\u202eabc", "\\u202eabc"), ("a\u200bb", "a\\u200bb"), ("\u2028", "\\u2028"), ("\x00\x7f\x9b", "\\u0000\\u007f\\u009b"),
        ("\ufeff", "\\ufeff"), ("\ud800", "\\ud800"),
    ],
)  # fmt: skip
def test_control_and_bidirectional_characters_are_written_out(text: str, shown_as: str) -> None:
    assert printable(text) == shown_as


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.text(min_size=MIN_CHARS, max_size=30), st.text(max_size=20), st.text(max_size=20))
def test_no_secret_survives_masking(secret: str, before: str, after: str) -> None:
    try:
        secret.encode()
    except UnicodeEncodeError:
        return
    redactor = Redactor()
    redactor.learn(secret)

    assert secret not in redactor.mask(before + secret + after).replace(MASK, "\n")


@pytest.mark.parametrize("secret", ['\\"quoted" word', "\\\\host\\share", "%5Chidden\\", "100%5C\\x"])
def test_a_secret_with_backslashes_is_masked_in_whatever_form_they_come_back(secret: str) -> None:
    redactor = Redactor()
    redactor.learn(secret)
    forms = [secret, json.dumps(secret), json.dumps(json.dumps(secret)), quote(secret), quote(quote(secret))]

    for form in forms:
        assert redactor.mask(f"a\\\\{form}b").count(MASK) == 1, form
        assert "h" not in redactor.mask(form).replace(MASK, "")


@pytest.mark.parametrize("hostile", ["\\", "%5C", "%255C", "\\%5C", '"\\'])
def test_a_server_that_says_nothing_but_backslashes_costs_no_time(hostile: str) -> None:
    redactor = Redactor()
    for secret in ('"/in quotes" /', "\\\\host\\share", "ä\\/ä and more", "%5Chidden"):
        redactor.learn(secret)
    began_s = time.process_time()

    assert MASK not in redactor.mask(hostile * 10_000)
    assert time.process_time() - began_s < 2.0


# Requests


def file_of(
    request: str, *, endpoint: str = '{url: "http://h:8080/base"}', more: str = "", steps: str = ""
) -> str:
    own = f"    steps: {steps}\n" if steps else f"    request: {request}\n"
    return f"version: 1\n{more}\nendpoints:\n  e: {endpoint}\nregistrations:\n  r:\n{own}"


def sent(text: str, given: str = "[{status: 200}]", **environment: str) -> Played:
    return play(text, given, environment=environment)


@pytest.mark.parametrize(
    ("value", "segment"),
    [
        ("web", "web"), ("a b", "a%20b"), ("a/b", "a%2Fb"), ("../x", "..%2Fx"), ("a?b#c", "a%3Fb%23c"), ("50%", "50%25"),
        ("%2e%2e", "%252e%252e"), ("ü", "%C3%BC"), ("a;b=c@d:e", "a%3Bb%3Dc%40d%3Ae"), ("...", "..."), ("a\\b", "a%5Cb"),
    ],
)  # fmt: skip
def test_a_placeholder_in_a_path_is_one_segment_whatever_it_holds(value: str, segment: str) -> None:
    (request,) = sent(file_of('{path: "/a/${V}/b"}'), V=value).sent

    assert request.request.url == f"http://h:8080/base/a/{segment}/b"


@pytest.mark.parametrize(
    ("path_text", "value"),
    [
        ("/a/${V}/b", ".."), ("/a/${V}", "."), ("/a/${V}/b", ""), ("/${V}", "a\nb"), ("/${V}", "a\x7f"),
        ("/a/.${V}/b", "."), ("/a/${V}${V}", "."), ("/${V}/../b", "a"),
    ],
)  # fmt: skip
def test_a_path_that_would_climb_or_vanish_is_never_sent(path_text: str, value: str) -> None:
    """Known before the run, it is refused before the run."""
    plan = plan_of(file_of(f'{{path: "{path_text}"}}'))
    bound, findings = bind(plan, {"V": value}, NoFiles())

    assert bound is None
    assert [finding.code for finding in findings] == ["E409"]


@pytest.mark.parametrize(
    ("path_text", "value"),
    [("${V}", ".evil.example"), ("${V}", "23"), ("${V}/a", "23"), ("${V}", "@evil.example"), ("@evil.example/${V}", "a"),
     (".evil.example/${V}", "a"), ("//evil.example/${V}", "a"), ("\\\\\\\\evil.example/${V}", "a")],
)  # fmt: skip
def test_no_value_in_a_path_changes_the_host(path_text: str, value: str) -> None:
    text = file_of(f'{{path: "{path_text}"}}', endpoint='{url: "http://10.0.0.1"}')
    try:
        played = sent(text, V=value)
    except AssertionError:
        return  # refused when the file is read, which is better still

    assert [urlsplit(reveal(each.request.url)).netloc for each in played.sent] in ([], ["10.0.0.1"])


LOCATION = '[{name: look, request: {path: /a}, capture: {to: {header: Location}}}, {name: go, request: {path: "${look.to}"}}]'


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/things/7", "http://h:8080/things/7"), ("http://h:8080/things/7?a=b", "http://h:8080/things/7?a=b"),
        ("things/7", "http://h:8080/base/things/7"), ("//h:8080/x", "http://h:8080/x"), ("?a=b", "http://h:8080/base/?a=b"),
    ],
)  # fmt: skip
def test_a_captured_location_is_followed_on_its_own_server(location: str, url: str) -> None:
    script = f'[{{step: look, headers: {{Location: "{location}"}}}}, {{step: go}}]'
    played = sent(file_of("", steps=LOCATION), script)

    assert [each.request.url for each in played.sent][1:] == [url]


@pytest.mark.parametrize(
    "location",
    ["http://evil.example/x", "//evil.example/x", "https://h:8080/x", "http://h:8081/x", "http://h/x", "http://user@h:8080/x",
     "http://h:8080@evil.example/", "file:///etc/passwd", "javascript:alert(1)", "http://h:8080.evil.example/"],
)  # fmt: skip
def test_a_captured_location_elsewhere_is_never_followed(location: str) -> None:
    script = f'[{{step: look, headers: {{Location: "{location}"}}}}, {{step: go}}]'
    played = sent(file_of("", steps=LOCATION), script)

    assert [each.request.step for each in played.sent] == ["look"]
    assert played.outcome.exit_status == 76


@pytest.mark.parametrize(
    ("query", "pairs"),
    [
        ('{a: "x y&z=1#+%"}', [("a", "x y&z=1#+%")]),
        ("{a: [1, b], c: true}", [("a", "1"), ("a", "b"), ("c", "true")]),
        ('{"ü k": "${V}"}', [("ü k", "v/../ü")]),
        ("{a: []}", []),
        ('{a: ""}', [("a", "")]),
        ('{t: {$for_each: [p, q], $value: "${item}!"}}', [("t", "p!"), ("t", "q!")]),
        ("{j: {$json: {a: [1]}}}", [("j", '{"a":[1]}')]),
        ("{limit: 500, ratio: 0.5}", [("limit", "500"), ("ratio", "0.5")]),
    ],
)
def test_a_query_is_encoded_and_a_list_repeats_its_name(query: str, pairs: list[tuple[str, str]]) -> None:
    (request,) = sent(file_of(f"{{path: /a, query: {query}}}"), V="v/../ü").sent
    url = reveal(request.request.url)

    assert parse_qsl(urlsplit(url).query, keep_blank_values=True) == pairs
    assert url.isascii()
    assert "+" not in url


@pytest.mark.parametrize(
    ("request_text", "body", "content_type"),
    [
        ('{method: PUT, path: /a, json: {p: "${var.port}", s: "x${var.port}", n: null, u: ü}}', b'{"p":8080,"s":"x8080","n":null,"u":"\xc3\xbc"}', "application/json"),
        ('{method: PUT, path: /a, json: "${var.port}"}', b"8080", "application/json"),
        ("{method: PUT, path: /a, json: null}", b"null", "application/json"),
        ("{method: PUT, path: /a, json: [$$a, {$$b: 1}]}", b'["$$a",{"$b":1}]', "application/json"),
        ('{method: PUT, path: /a, form: {a: "x y&", b: [1, 2]}}', b"a=x+y%26&b=1&b=2", "application/x-www-form-urlencoded"),
        ('{method: PUT, path: /a, text: "up ${var.port}\\n"}', b"up 8080\n", "text/plain; charset=utf-8"),
        ('{method: PUT, path: /a, headers: {content-type: text/csv}, text: "a"}', b"a", "text/csv"),
    ],
)  # fmt: skip
def test_a_body_is_sent_as_what_it_is_called(request_text: str, body: bytes, content_type: str) -> None:
    played = sent(file_of(request_text, more="variables: {port: {env: PORT, type: integer}}"), PORT="8080")
    (request,) = played.sent
    headers = {name.lower(): reveal(value) for name, value in request.request.headers}

    assert request.request.body == body
    assert headers["content-type"] == content_type


def test_a_request_s_own_header_wins_over_its_endpoint_s_whatever_the_case() -> None:
    endpoint = '{url: "http://h", headers: {X-Tag: a, X-Both: endpoint}}'
    (request,) = sent(file_of("{path: /a, headers: {x-both: request}}", endpoint=endpoint)).sent

    assert sorted((name.lower(), value) for name, value in request.request.headers) == [
        ("x-both", "request"),
        ("x-tag", "a"),
    ]


@pytest.mark.parametrize("value", ["a\nb", "a\r\nX: y", "a\x00", "a\x7f"])
def test_a_control_character_in_a_header_is_never_sent(value: str) -> None:
    plan = plan_of(file_of('{path: /a, headers: {X-Tag: "${V}"}}'))

    bound, (finding,) = bind(plan, {"V": value}, NoFiles({}))

    assert bound is None
    assert finding.code == "E409"
    assert "control character" in finding.message


SECRETS = """\
variables:
  token: {env: TOKEN, secret: true}
"""
SECRET_PLACES = {
    "path": '{path: "/a/${var.token}/b"}',
    "query": '{path: /a, query: {t: "${var.token}"}}',
    "header": '{path: /a, headers: {X-T: "${var.token}"}}',
    "json": '{method: PUT, path: /a, json: {t: "${var.token}"}}',
    "base64": '{method: PUT, path: /a, json: {t: {$base64: "a:${var.token}"}}}',
    "form": '{method: PUT, path: /a, form: {t: "${var.token}"}}',
    "text": '{method: PUT, path: /a, text: "${var.token}"}',
}


@pytest.mark.parametrize("place", SECRET_PLACES)
def test_a_secret_goes_over_the_wire_and_into_nothing_that_is_printed(place: str) -> None:
    echo = f'[{{status: 400, body: {{error: "no {TOKEN} here"}}}}]'
    text = file_of(SECRET_PLACES[place], more=SECRETS) + (
        "failure_classes: [{name: odd, match: {status: 400}, action: fail, message: error}]\n"
    )
    played = play(text, echo, environment={"TOKEN": TOKEN})
    (request,) = played.sent
    told = "\n".join(
        [
            render_json(played.report),
            render_summary(played.report),
            *(text_line(event) for event in played.events),
            repr(request.request),
            repr(played.report),
            str(request.request.url),
        ]
    )

    for form in DERIVED.values():
        assert form not in told
    assert "t0p-s3cr3t" not in told
    if place in {"path", "query"}:
        assert isinstance(request.request.url, Secret)
        assert "t0p-s3cr3t" in request.request.url.value
        assert MASK in request.request.url.shown


def test_a_bound_plan_prints_no_secret() -> None:
    endpoint = '{url: "http://user:pass-word@h", auth: {bearer: "${var.token}"}, headers: {X: "${file:/t}"}}'
    bound = bound_of(
        file_of("{path: /a}", endpoint=endpoint, more=SECRETS), {"TOKEN": TOKEN}, {"/t": b"file-secret"}
    )

    for secret in (TOKEN, "file-secret"):
        assert secret not in repr(bound.endpoints)
        assert secret not in repr(bound.scope.variables)
        assert secret not in repr(bound.secrets)


@pytest.mark.parametrize(
    ("environment", "value"),
    [
        ({}, "x"),
        ({"B": "b"}, "b"),
        ({"A": "", "B": "b"}, "b"),
        ({"A": "a", "B": "b"}, "a"),
        ({"A": "${B}", "B": "b"}, "${B}"),
    ],
)
def test_a_default_can_be_another_placeholder(environment: dict[str, str], value: str) -> None:
    (one,) = sent(
        file_of('{method: PUT, path: /a, json: {"k-${A:-${B:-x}}": "${A:-${B:-x}}"}}'), **environment
    ).sent

    assert json.loads(one.request.body or b"") == {f"k-{value}": value}


def test_data_in_which_nothing_is_to_be_masked_stays_what_it_is() -> None:
    redactor = Redactor()
    redactor.learn(TOKEN)
    data = Nested("plain", (Nested("text"), 5, None))

    assert redactor.mask_fields(data) is data
