"""JMESPath and regular expressions: what is wrong with one, in words.

The libraries say which token they met where they expected another; here the column is kept and the mistakes
that people really make (a dash in a name, a function that does not exist) are named.
"""

import re
from collections.abc import Iterator
from typing import Any

from runner.config.words import did_you_mean, quoted
from runner.values import path, pattern

_FUNCTIONS = {
    **dict.fromkeys(
        [
            "abs",
            "avg",
            "ceil",
            "floor",
            "keys",
            "length",
            "max",
            "min",
            "reverse",
            "sort",
            "sum",
            "to_array",
            "to_number",
            "to_string",
            "type",
            "values",
        ],
        (1, 1),
    ),
    **dict.fromkeys(
        ["contains", "ends_with", "join", "map", "max_by", "min_by", "sort_by", "starts_with"], (2, 2)
    ),
    **dict.fromkeys(["merge", "not_null"], (1, None)),
}
"""The functions of JMESPath, with the least and the most arguments."""
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`")
_DASHED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)+")

_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|.", re.DOTALL)
"""Of a regular expression: an escaped character, a class, or any other character."""
_NO_ENGINE = (
    "install google-re2, which has no wheels for musl and is compiled there against RE2; or write contains, "
    "or a JMESPath with starts_with, in its place"
)
_WORDS = {
    "missing )": "a ( is not closed",
    "missing ]": "a [ is not closed",
    "unexpected )": "a ) was never opened",
    "no argument for repetition operator": "nothing stands before what repeats it",
    "bad repetition operator": "one repeat follows another",
    "invalid perl operator": "this kind of group is not known",
    "invalid escape sequence": "this escape is not known",
    "invalid repetition size": "this repeats too often",
    "invalid character class range": "this is no class of characters",
    "trailing \\": "it ends in a \\",
    "pattern too large - compile failed": "it is too large",
    "pattern too large": "it is too large",
    "expression nests too deeply": "it is nested too deeply",
}
"""What the engine says, in the words of somebody who writes an expression."""
_LARGE = dict.fromkeys(
    ("pattern too large", "pattern too large - compile failed", "expression nests too deeply"),
    "repeat less often: a repeat counts as often as it is written out",
)
_INSTEAD = tuple(
    (re.compile(start), hint)
    for start, hint in (
        (
            r"\(\?<?[=!]",
            "it cannot look ahead or back: match the text itself, and ask for the rest in a condition of its own",
        ),
        (r"\\[1-9]|\(\?P", "it cannot refer back to a group: write what stands there once more"),
        (r"\(\?>", "write (?: instead of (?>: nothing is tried twice here"),
        (r"[*+?}]\+", "leave out the second +: nothing is tried twice here"),
        (r"[*+?]{2}", "write one of them, or \\ before what is meant as such"),
        (r"\\Z", "write \\z for the end of the text"),
        (r"\\[uUN]", "write \\x{e9}, or the character itself"),
        (r"\(\?#", "leave the comment out"),
        (r"\(\?[^)]*x", "write it without spaces and comments"),
        (r"\(\?[aLu]", "leave the flag out: \\d, \\w, \\s and \\b know ASCII only, and \\pL is any letter"),
        (r"\(\?", "write (?:...) for a group without a name, (?P<name>...) for one with a name"),
        (r"\{", "a repeat counts to 1000 at most, those within each other multiplied"),
    )
)
"""What to write where RE2 lacks what other engines have; the first that fits."""


def problem_of_path(expression: str) -> tuple[str, str | None] | None:
    """Return why a text is no JMESPath that can work, and what to write; none when it is one."""
    if len(expression) > path.MAX_CHARS:
        message = f"{quoted(expression)} is not a JMESPath: it is longer than {path.MAX_CHARS} characters"
        return message, "ask for less at once"
    try:
        parsed = path.compile_path(expression)
    except path.PathError as error:
        return _syntax(expression, error.__cause__)
    return next(_functions(expression, parsed.parsed), None)


def _syntax(expression: str, cause: Any) -> tuple[str, str | None]:
    bare = _QUOTED.sub(lambda quoted: "." * len(quoted[0]), expression)
    if dashed := _DASHED.search(bare):
        message = f'"{expression}" is not a JMESPath: a name with a dash stands without quotes'
        return message, f"""write "{dashed[0]}" in quotes of its own: '{_quote(expression, dashed)}\'"""
    position = getattr(cause, "lex_position", None)
    why = "it is nested too deeply" if isinstance(cause, RecursionError) else "it ends too early"
    if isinstance(position, int) and position < len(expression):
        why = f'"{expression[position]}" in column {position + 1} is not expected'
    message = f'"{expression}" is not a JMESPath: {why}'
    if expression.startswith("$"):
        return message, "leave the $ out: a path begins with a key of the answer, and @ is all of it"
    for opening, closing in ("[]", "()", "{}"):
        if bare.count(opening) != bare.count(closing):
            return message, f"there are not as many {opening} as {closing}"
    hint = "names with other characters than letters, digits and _ need quotes"
    return message, None if "early" in why else hint


def _quote(expression: str, name: re.Match[str]) -> str:
    return f'{expression[: name.start()]}"{name[0]}"{expression[name.end() :]}'


def _functions(expression: str, node: Any) -> Iterator[tuple[str, str | None]]:
    """Go through the calls of a parsed path: the library looks at them only when it is asked of an answer."""
    if not isinstance(node, dict):
        return
    children = node.get("children", [])
    if node.get("type") == "function_expression":
        name, given = str(node["value"]), len(children)
        least, most = _FUNCTIONS.get(name, (0, None))
        if name not in _FUNCTIONS:
            hint = did_you_mean(name, _FUNCTIONS) or f"functions are {', '.join(sorted(_FUNCTIONS))}"
            yield f'"{expression}" cannot work: JMESPath has no function {name}', hint
        elif given < least or (most is not None and given > most):
            wanted = "one argument" if most == 1 else "two arguments" if most else "at least one argument"
            yield f'"{expression}" cannot work: {name} takes {wanted}, and has {given}', None
    for child in children:
        yield from _functions(expression, child)


def problem_of_pattern(expression: str) -> tuple[str, str | None] | None:
    """Return why a text is no usable regular expression, and what to write; none when it is one."""
    try:
        pattern.compile_pattern(expression)
    except pattern.NoEngine as error:
        return f"{quoted(expression)} cannot be used: {error}", _NO_ENGINE
    except pattern.PatternError as error:
        why = _WORDS.get(str(error), str(error))
        if (position := _position(expression, error.part)) is not None:
            why = f"{why}: {quoted(error.part)} in column {position + 1}"
        hint = next((hint for start, hint in _INSTEAD if start.match(error.part)), None)
        message = f"{quoted(expression)} is not a regular expression: {why}"
        return message, hint or _LARGE.get(str(error)) or _escape(expression)
    return None


def _position(expression: str, part: str) -> int | None:
    """Return where the part begins; of one that begins within a class, or is all there is, nothing is known."""
    if not part or part == expression:
        return None
    starts = (token.start() for token in _TOKEN.finditer(expression))
    return next((start for start in starts if expression.startswith(part, start)), None)


def _escape(expression: str) -> str | None:
    if expression.startswith("*"):
        return f"write .{expression} for any text, or \\{expression} for a star"
    return "write \\ before a bracket that is meant as such" if re.search(r"[()\[\]]", expression) else None
