"""Reading the bytes: what a spelling means, where it stands, and what is refused before anything else looks.

PyYAML reads YAML 1.1, editors and hooks read 1.2, and a file that means one thing in review and another in the
container is the mistake this tool exists to prevent. So each spelling has its line here.
"""

from typing import Any

import pytest
import yaml

from runner.config.read import source
from runner.config.read.source import MAX_BYTES, MAX_DEPTH, MAX_NODES, SourceTree, read_tree
from runner.config.read.syntax import split_lines
from runner.language.value import Json
from runner.model.diagnostic import Diagnostic


def tree_of(text: str) -> SourceTree:
    """Read a document that must be right."""
    tree, found = read_tree(text.encode(), "f.yaml")
    assert tree is not None
    assert found == ()
    return tree


def data_of(text: str) -> Json:
    return tree_of(text).data


def findings_of(raw: bytes | str) -> tuple[Diagnostic, ...]:
    return read_tree(raw.encode() if isinstance(raw, str) else raw, "f.yaml")[1]


def codes_of(raw: bytes | str) -> list[str]:
    return [finding.code for finding in findings_of(raw)]


SCALARS: list[tuple[str, Json]] = [
    ("", None), ("~", None), ("null", None), ("Null", None), ("NULL", None), ("nUll", "nUll"),
    ("true", True), ("True", True), ("TRUE", True), ("false", False), ("False", False), ("FALSE", False),
    ("tRUE", "tRUE"), ("yes", "yes"), ("no", "no"), ("NO", "NO"), ("on", "on"), ("off", "off"), ("y", "y"), ("n", "n"),
    ("0", 0), ("-0", 0), ("7", 7), ("+7", 7), ("-7", -7), ("9223372036854775807", 9223372036854775807),
    ("0o17", 15), ("0x1F", 31), ("0xff", 255), ("-0x1F", "-0x1F"), ("0o8", "0o8"), ("0b11", "0b11"),
    ("1_000", "1_000"), ("0xgg", "0xgg"), ("1.5", 1.5), (".5", 0.5), ("-.5", -0.5), ("1.", 1.0), ("1e3", 1000.0),
    ("1E-2", 0.01), ("+1.5e+2", 150.0), ("1e-999", 0.0), ("123e4567x", "123e4567x"), (".", "."), ("..", ".."),
    ("1.2.3", "1.2.3"), ("5:03", "5:03"), ("22:22", "22:22"), ("12:30:45", "12:30:45"), ("2026-01-01", "2026-01-01"),
    ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"), ("0.0.0.0", "0.0.0.0"), ("inf", "inf"), ("nan", "nan"),
    ("=", "="), ("<<", "<<"), ("5s", "5s"), ("-", None), ("१२", "१२"), ("'0755'", "0755"), ('"true"', "true"),
    ('"\\u00fc\\n"', "ü\n"), ("!!str 5", "5"), ("!!str true", "true"), ("!!int 5", 5), ('!!int "5"', 5),
    ("!!bool true", True), ("!!null ''", None), ("plain # comment", "plain"), ("a#b", "a#b"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "meant"), SCALARS, ids=[repr(written) for written, _ in SCALARS])
def test_a_scalar_means_what_the_core_schema_of_yaml_1_2_says(written: str, meant: Json) -> None:
    # "-" alone is a list of one null.
    data = data_of(f"v: {written}\n") if written != "-" else data_of("v:\n-\n")
    value = data["v"] if isinstance(data, dict) else data
    expected = meant if written != "-" else [None]

    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    "written", [".inf", "-.inf", "+.INF", ".Inf", ".nan", ".NaN", ".NAN", "1e400", "-1e400"]
)
def test_what_is_not_a_finite_number_is_refused(written: str) -> None:
    assert codes_of(f"v: {written}") == ["E112"]


@pytest.mark.parametrize("written", ["0755", "00", "-01", "+007"])
def test_an_integer_with_a_leading_zero_is_refused(written: str) -> None:
    (finding,) = findings_of(f"v: {written}")

    assert finding.code == "E113"
    assert f'"{written}"' in (finding.hint or "")


@pytest.mark.parametrize("digits", [21, 30, 5000])
def test_an_integer_is_never_silently_another_one(digits: int) -> None:
    written = "1" * digits
    tree, found = read_tree(f"v: {written}".encode(), "f.yaml")
    kept = None if tree is None or not isinstance(tree.data, dict) else tree.data["v"]

    assert found or str(kept) == written


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: 1\na: 2\n", "E116"),
        ("a: {b: 1, b: 2}\n", "E116"),
        ("404: gone\n", "E114"),
        ("true: 1\n", "E114"),
        ("~: 1\n", "E114"),
        ("1.5: 1\n", "E114"),
        ("[a]: 1\n", "E114"),
        ("? {a: 1}\n: 2\n", "E114"),
        ("a: 1\n---\nb: 2\n", "E106"),
        ("a: 1\n--- \n", "E106"),
        ("a: !x 1\n", "E108"),
        ("a: !x [1]\n", "E108"),
        ("a: !x {b: 1}\n", "E108"),
        ("a: ! 1\n", "E108"),
        ("a: !<tag:example.org,2026:x> 1\n", "E108"),
        ("!x a: 1\n", "E108"),
        ("a: !!binary aGVsbG8=\n", "E108"),
        ("a: !!python/name:os.system\n", "E108"),
        ("a: *b\n", "E110"),
        ("a: &b [*b]\n", "E111"),
        ("a: &b {c: {d: *b}}\n", "E111"),
        ("a: {<<: 1}\n", "E115"),
        ("a: &a {b: 1}\nc: {<<: *a, <<: *a}\n", "E115"),
        ("", "E105"),
        ("# only a comment\n", "E105"),
        ("\n\n  \n", "E105"),
        ("---\n# nothing\n...\n---\n", "E106"),
        ("a: \x01\n", "E103"),
        ("\tb: 1\n", "E104"),
        ("a: {b: 1\n", "E104"),
        ("a: 'b\n", "E104"),
        ("a: b: c\n", "E104"),
        ("a: @b\n", "E104"),
        ("a: %b\n", "E104"),
        ('a: "\\q"\n', "E104"),
    ],
)
def test_an_oddity_has_a_code_of_its_own(text: str, code: str) -> None:
    assert codes_of(text) == [code]


def test_a_duplicate_key_names_both_places() -> None:
    (finding,) = findings_of("a: 1\nb: 2\na: 3\n")

    assert (finding.span.line, finding.span.column) == (3, 1)
    assert [(span.line, span.column) for span, _ in finding.related] == [(1, 1)]
    assert "line 1" in finding.message


def test_all_duplicates_of_a_file_are_found_in_one_go() -> None:
    assert codes_of("a: {b: 1, b: 2}\nc: 0755\na: .inf\n") == ["E116", "E113", "E112", "E116"]


def test_a_quoted_merge_sign_is_a_plain_key() -> None:
    assert data_of('"<<": {a: 1}\n') == {"<<": {"a": 1}}


def test_a_merge_gives_way_to_the_map_s_own_keys_wherever_it_stands() -> None:
    assert data_of("a: &a {x: 1, y: 2}\nb: {y: 3, <<: *a}\nc: {<<: *a, y: 4}\n") == {
        "a": {"x": 1, "y": 2},
        "b": {"x": 1, "y": 3},
        "c": {"x": 1, "y": 4},
    }


def test_of_several_merged_maps_the_earlier_wins() -> None:
    merged = data_of("a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4, w: 5}\nc: {<<: [*a, *b], w: 6}\n")

    assert merged == {
        "a": {"x": 1, "y": 2},
        "b": {"y": 3, "z": 4, "w": 5},
        "c": {"x": 1, "y": 2, "z": 4, "w": 6},
    }


def test_an_alias_gives_the_value_again_and_keeps_the_place_of_its_anchor() -> None:
    tree = tree_of("a: &x {k: 1}\nb: *x\n")

    assert tree.data == {"a": {"k": 1}, "b": {"k": 1}}
    assert tree.span(("b", "k")).line == 1
    assert tree.key_span(("b",)).line == 2


def test_a_later_anchor_of_the_same_name_replaces_the_earlier_one() -> None:
    assert data_of("a: &x 1\nb: *x\nc: &x 2\nd: *x\n") == {"a": 1, "b": 1, "c": 2, "d": 2}


def test_every_key_and_value_knows_its_line_and_column() -> None:
    tree = tree_of("a:\n  - b: 1\n    cc: [x, {d: y}]\n")
    key, value = tree.places["a", 0, "cc"].key, tree.span(("a", 0, "cc", 1, "d"))

    assert key is not None
    assert (key.line, key.column, key.end_column) == (3, 5, 7)
    assert (value.line, value.column, value.end_column) == (3, 17, 18)


def test_columns_count_characters_and_neither_bytes_nor_a_byte_order_mark() -> None:
    tree, found = read_tree("\ufeffü\U0001f600: x\n".encode(), "f.yaml")

    assert found == ()
    assert tree is not None
    assert (tree.span(("ü\U0001f600",)).line, tree.span(("ü\U0001f600",)).column) == (1, 5)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x85", "\u2028", "\u2029"])
def test_lines_end_where_the_parser_ends_them(end: str) -> None:
    tree = tree_of(f"a: 1{end}b: 2{end}")

    assert tree.span(("b",)).line == 2
    assert tree.lines[1] == "b: 2"
    assert split_lines(f"a{end}b") == ["a", "b"]


def test_a_block_ends_with_its_last_child_and_not_on_the_next_thing() -> None:
    span = tree_of("a:\n  b: 1\n\n\nc: 2\n").span(("a",))

    assert (span.line, span.end_line) == (2, 2)


def test_a_place_that_is_not_there_is_that_of_the_nearest_part_around_it() -> None:
    tree = tree_of("a: {b: 1}\n")

    assert tree.span(("a", "missing", 3)) == tree.span(("a",))
    assert tree.key_span(("missing",)) == tree.span(())


@pytest.mark.parametrize(
    ("raw", "line", "column"), [(b"\xff", 1, 1), (b"a: 1\nb: \xfc\n", 2, 4), (b"a: \xc3\xbc \xfc", 1, 6)]
)
def test_a_byte_that_is_not_utf_8_is_shown_at_its_line_and_column(raw: bytes, line: int, column: int) -> None:
    (finding,) = findings_of(raw)

    assert finding.code == "E102"
    assert (finding.span.line, finding.span.column) == (line, column)


@pytest.mark.parametrize("before", ["", "a: ü\n", "# größer, \U0001f600\n\n"])
def test_a_forbidden_character_is_named_and_shown_where_it_stands(before: str) -> None:
    (finding,) = findings_of(f"{before}b: \x07 c\n")

    assert finding.code == "E103"
    assert "U+0007" in finding.message
    assert (finding.span.line, finding.span.column) == (before.count("\n") + 1, 4)


def test_a_file_of_more_than_1_mib_is_refused_before_it_is_parsed() -> None:
    assert codes_of(b"#" * MAX_BYTES) == ["E105"]
    assert codes_of(b"#" * (MAX_BYTES + 1)) == ["E101"]


def test_nesting_is_bounded() -> None:
    assert codes_of("[" * MAX_DEPTH + "]" * MAX_DEPTH) == []
    assert codes_of("[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2)) == ["E107"]
    assert codes_of("[" * 50_000) == ["E107"]


def test_values_are_counted_as_if_aliases_were_written_out() -> None:
    laughs = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )

    assert codes_of(laughs) == ["E109"]
    assert codes_of(f"[{'1,' * (MAX_NODES - 1)}]") == []
    assert codes_of(f"[{'1,' * MAX_NODES}]") == ["E109"]


def test_what_was_found_before_the_document_broke_is_not_lost() -> None:
    assert codes_of("a: 1\na: 2\nb: [\n") == ["E116", "E104"]


def test_the_pure_parser_reads_the_same_where_libyaml_was_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: [1, yes, 0x10, {b: !!str 5}]\nc: &c {d: e}\nf: {<<: *c}\n"
    fast = tree_of(text)
    loader: Any = yaml.SafeLoader
    monkeypatch.setattr(source, "_LOADER", loader)
    pure = tree_of(text)

    assert (pure.data, pure.places) == (fast.data, fast.places)
    assert codes_of("a: \x01\n") == ["E103"]
    assert codes_of("a: {b\n") == ["E104"]


def test_no_key_is_lost_or_reordered() -> None:
    data = data_of("z: 1\na: 2\nm: {y: 1, b: 2}\n")

    assert list(data if isinstance(data, dict) else ()) == ["z", "a", "m"]
