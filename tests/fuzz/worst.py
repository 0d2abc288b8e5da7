"""Files of a given size whose cost could grow faster than they do: one for each kind of thing that a file can have many of."""

import itertools
from collections.abc import Callable

_HEAD = "version: 1\nendpoints: {e: {url: 'http://127.0.0.1:9'}}\n"
_ONE = "registrations: {r: {request: {path: /a}}}\n"


def _filled(before: str, size: int, line: Callable[[int], str], after: str = "") -> str:
    """Repeat a line until the file has its size."""
    left = size - len(before) - len(after)
    parts: list[str] = []
    for number in itertools.count():
        part = line(number)
        left -= len(part)
        if left < 0:
            return before + "".join(parts) + after
        parts.append(part)
    raise AssertionError


def correct(size: int) -> str:
    """Return the file that the others are measured against."""
    return _filled(
        _HEAD + "registrations:\n",
        size,
        lambda n: (
            f'  r{n}:\n    request: {{method: PUT, path: "/services/{n}", json: {{name: r{n}, port: {n}}}}}\n'
            f"    verify: {{request: {{path: /services/{n}}}, expect: {{body: {{name: r{n}}}}}}}\n"
        ),
    )


def _status(n: int) -> str:
    return f"  - {{name: c{n}, match: {{status: 1{n % 100:02}-5{n % 100:02}}}, action: fail}}\n"


_CLASSES = _HEAD + _ONE + "failure_classes:\n"
_BODY = _HEAD + "registrations:\n  r:\n    request:\n      method: PUT\n      path: /a\n      json:\n"
_STEPS = _HEAD + "registrations:\n  r:\n    steps:\n"

WORST: dict[str, Callable[[int], str]] = {
    "unknown keys": lambda size: _filled(_HEAD + _ONE, size, lambda n: f"k{n}: 1\n"),
    "unknown keys far below": lambda size: _filled(
        _HEAD + "registrations:\n  r:\n    request:\n      path: /a\n", size, lambda n: f"      k{n}: 1\n"
    ),
    "unknown keys in many places": lambda size: _filled(
        _HEAD + "registrations:\n", size, lambda n: f"  r{n}: {{requst: {{path: /a}}}}\n"
    ),
    "values of wrong types": lambda size: _filled(
        _HEAD + "registrations:\n", size, lambda n: f"  r{n}: {n}\n"
    ),
    "wrong names": lambda size: _filled(
        _HEAD + "registrations:\n", size, lambda n: f"  R{n}: {{request: {{path: /a}}}}\n"
    ),
    "duplicate keys": lambda size: _filled(_HEAD + _ONE, size, lambda n: f"version: {n}\n"),
    "codes in a suppression": lambda size: _filled(
        _HEAD + _ONE + "# enlist: ignore[", size, lambda _: "W512,", "] x\n"
    ),
    "suppressions": lambda size: _filled(_HEAD + _ONE, size, lambda _: "# enlist: ignore[W512] x\n"),
    "suppressions beside values": lambda size: _filled(
        _BODY, size, lambda n: f"        k{n}: {n} # enlist: ignore[W512] x\n"
    ),
    "misspelt variables": lambda size: _filled(
        "version: 1\nvariables:\n"
        + "".join(f"  variable{n}: {{env: A}}\n" for n in range(size // 60))
        + _BODY[11:],
        size,
        lambda n: f"        k{n}: ${{var.varible{n}}}\n",
    ),
    "misspelt captures": lambda size: _filled(
        _STEPS,
        size,
        lambda n: f"      - {{name: s{n}, request: {{path: '/${{s{n}x.c}}'}}, capture: {{c: a}}}}\n",
    ),
    "captures of many steps": lambda size: _filled(
        _STEPS,
        size,
        lambda n: (
            f"      - {{name: s{n}, request: {{path: '/${{s{max(n - 1, 0)}.c}}'}}, capture: {{c: a}}}}\n"
        ),
    ),
    "unknown needs": lambda size: _filled(
        _HEAD + "registrations:\n", size, lambda n: f"  r{n}: {{needs: [x{n}], request: {{path: /a}}}}\n"
    ),
    "a chain of needs": lambda size: _filled(
        _HEAD + "registrations:\n", size, lambda n: f"  r{n}: {{needs: [r{n + 1}], request: {{path: /a}}}}\n"
    ),
    "unknown policies": lambda size: _filled(
        _HEAD + "registrations:\n", size, lambda n: f"  r{n}: {{policy: p{n}, request: {{path: /a}}}}\n"
    ),
    "unknown endpoints": lambda size: _filled(
        _HEAD + "registrations:\n", size, lambda n: f"  r{n}: {{endpoint: p{n}, request: {{path: /a}}}}\n"
    ),
    "one long secret": lambda size: _filled(
        "version: 1\nendpoints: {e: {url: 'http://h', typo: 1, auth: {bearer: '",
        size,
        lambda n: f"{n:05}%25",
        "'}}}\n" + _ONE,
    ),
    "many secrets": lambda size: _filled(
        _ONE + "version: 1\nendpoints:\n",
        size,
        lambda n: f"  e{n}: {{url: 'http://h', auth: {{bearer: 'secret-{n}-{n * 7919}'}}}}\n",
    ),
    "aliases": lambda size: _filled(
        f"x-a: &a {{request: {{path: /a, json: [{'1, ' * 60}1]}}}}\n{_HEAD}registrations:\n",
        size,
        lambda n: f"  r{n}: *a\n",
    ),
    "unused things": lambda size: _filled(
        _HEAD + _ONE + "variables:\n", size, lambda n: f"  v{n}: {{env: A}}\n"
    ),
    "classes of one status": lambda size: _filled(
        _CLASSES, size, lambda n: f"  - {{name: c{n}, match: {{status: 400}}, action: fail}}\n"
    ),
    "classes of many ranges": lambda size: _filled(_CLASSES, size, _status),
    "classes with conditions": lambda size: _filled(
        _CLASSES,
        size,
        lambda n: f"  - {{name: c{n}, match: {{status: 400, body: {{code: {n}}}}}, action: fail}}\n",
    ),
    "matches of one class": lambda size: _filled(
        _CLASSES + "  - name: c\n    action: fail\n    match:\n",
        size,
        lambda n: f"      - {{status: 400, text: t{n}}}\n",
    ),
    "classes without match": lambda size: _filled(
        _CLASSES, size, lambda n: f"  - {{name: c{n}, action: fail}}\n"
    ),
    "classes times steps": lambda size: _filled(
        _HEAD
        + "failure_classes:\n"
        + "".join(
            f"  - {{name: c{n}, match: {{status: 400, body: {{code: {n}}}}}, action: fail}}\n"
            for n in range(size // 160)
        )
        + "registrations:\n",
        size,
        lambda n: f"  r{n}: {{request: {{path: /a}}}}\n",
    ),
    "statuses of one set": lambda size: _filled(
        _CLASSES + "  - name: c\n    action: fail\n    match:\n      status:\n",
        size,
        lambda _: "        - 4xx\n",
    ),
    "sets of statuses": lambda size: _filled(
        _HEAD + "registrations:\n",
        size,
        lambda n: f"  r{n}: {{request: {{path: /a}}, expect: {{status: 100-59{n % 10}}}}}\n",
    ),
    "a line of tokens": lambda size: _filled("version: 1\nbad: '", size, lambda _: "token:", "'\n"),
    "many findings on one line": lambda size: _filled(
        "version: 1\nendpoints: {e: {url: 'http://h'}}\nregistrations: {r: {request: {path: /a, json: {",
        size,
        lambda n: f"k{n}: '${{x.y}}', ",
        "}}}}\n",
    ),
    "a line of addresses": lambda size: _filled("version: 1\nbad: '", size, lambda _: "://a", "'\n"),
    "placeholders of one text": lambda size: _filled(_BODY + "        k: '", size, lambda _: "${A}", "'\n"),
    "escapes of one text": lambda size: _filled(_BODY + "        k: '", size, lambda _: "$${", "'\n"),
    "placeholders that are not closed": lambda size: _filled(
        _BODY + "        k: '", size, lambda _: "${", "'\n"
    ),
    "one long path": lambda size: _filled(
        _HEAD + "registrations: {r: {request: {path: /a}, capture: {c: '", size, lambda _: "a.", "a'}}}\n"
    ),
    "one long pattern": lambda size: _filled(
        _HEAD + "registrations: {r: {request: {path: /a}, capture: {c: {text: '",
        size,
        lambda _: "(a|b)",
        "'}}}}\n",
    ),
    "one long duration": lambda size: _filled(
        _HEAD + _ONE + "retry_policies: {default: {deadline: '", size, lambda _: "1m", "'}}\n"
    ),
    "one long number": lambda size: _filled(_BODY + "        k: ", size, lambda _: "9", "\n"),
    "one long name": lambda size: _filled(
        _HEAD + "registrations:\n  ", size, lambda _: "a", ": {request: {path: /a}}\n"
    ),
    "one long address": lambda size: _filled(
        "version: 1\nendpoints: {e: {url: 'http://", size, lambda _: "a.", "'}}\n" + _ONE
    ),
    "headers": lambda size: _filled(
        _HEAD + "registrations:\n  r:\n    request:\n      path: /a\n      headers:\n",
        size,
        lambda n: f"        X-{n}: a\n",
    ),
    "variables within each other": lambda size: _filled(
        _HEAD + _ONE + "variables:\n", size, lambda n: f"  v{n}: {{value: '${{var.v{n + 1}}}'}}\n"
    ),
    "tests": lambda size: _filled(
        _HEAD + _ONE + "tests:\n",
        size,
        lambda n: (
            f"  - {{name: t{n}, given: [{{step: x{n}, status: 200}}], then: {{outcome: registered}}}}\n"
        ),
    ),
    "answers of one test": lambda size: _filled(
        _HEAD + _ONE + "tests:\n  - name: t\n    then: {outcome: registered}\n    given:\n",
        size,
        lambda n: f"      - {{step: x{n}, status: 200}}\n",
    ),
    "anchors": lambda size: _filled(
        _BODY,
        size,
        lambda n: (
            f"        k{n}: &a{n} {{<<: *a{n - 1}, k{n}: 1}}\n"
            if n % 5
            else f"        k{n}: &a{n} {{a: 1}}\n"
        ),
    ),
    "a list of keys as texts": lambda size: _filled(
        _HEAD + _ONE, size, lambda n: "no: no\n" if n else "x-a:\n"
    ),
    "brackets": lambda size: "[" * size,
    "quotes": lambda size: _filled("version: 1\na: '", size, lambda _: "''"),
    "hashes": lambda size: _filled(_HEAD + _ONE, size, lambda _: "# enlist: ignore[ "),
    "spaces": lambda size: _filled("version: 1\nbad: 'token:", size, lambda _: " ", "'\n"),
    "yes and no": lambda size: _filled(_BODY, size, lambda n: f"        k{n}: no\n"),
}
