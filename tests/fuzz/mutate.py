"""Mutations that keep a file YAML: half of the bytes that blind mutation makes never reach the schema."""

import json
import random
from typing import Any

import yaml

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 599, 10**18, 1.5, 90.0, "", " ", "x", "$", "${", "${}", "${A}", "${A:-}", "${var.x}",
    "${item}", "${each.a}", "${a.b}", "${file:}", "${file:/x}", "$${A}", "5", "5s", "1h1h", "500ms", "PT5S", "5xx", "1-2",
    "500-599", "599-500", "unlimited", "http://", "http://h", "http://u:p@h:0/?x#y", "/", "/a/../b", "//h", "a.b[?c]", "a[",
    "(a+)+", ".*" * 9, "[", "ü\U0001f600", "\u202e", "a" * 300, [], {}, [[]], [{}], {"$for_each": []}, {"$json": {}},
    {"$base64": 1, "x": 2}, {"equals": 1, "in": []}, {"matches": "("}, ["5xx", 200], {"": ""},
)  # fmt: skip


def mutated(raw: bytes, size: int, seed: int) -> bytes:
    """Return a file with a few of its values replaced, moved, renamed or removed; blindly mutated if it is none."""
    chance = random.Random(seed)
    if b"&" in raw:
        return raw[:size]  # an alias bomb would go off here, where nobody counts
    try:
        document = yaml.safe_load(raw)
        document = json.loads(json.dumps(document))  # with texts for keys, whatever they were
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, TypeError, RecursionError):
        return raw[:size]
    for _ in range(chance.randint(1, 4)):
        _change(document, chance)
    return json.dumps(document, ensure_ascii=chance.random() < 0.5).encode("utf-8", errors="replace")[:size]


def _change(document: Any, chance: random.Random) -> None:
    """Change one place, found by walking down at random."""
    parent: Any = None
    key: Any = None
    here = document
    while isinstance(here, dict | list) and here and chance.random() < 0.8:
        parent = here
        key = chance.choice(list(here)) if isinstance(here, dict) else chance.randrange(len(here))
        here = here[key]
    if parent is None:
        return
    what = chance.randrange(4)
    if what == 0:
        del parent[key]
    elif what == 1:
        parent[key] = chance.choice(ODD)
    elif what == 2 and isinstance(parent, dict):
        parent[chance.choice(["x", "x-y", key.upper(), key + "s", key[1:], "<<", "$" + key])] = parent.pop(
            key
        )
    else:
        # What belongs elsewhere: a part of the file in a place of another kind.
        parent[key] = json.loads(json.dumps(document))
