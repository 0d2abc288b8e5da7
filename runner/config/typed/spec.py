"""A validated tree becomes a ``Spec``: the typed meaning of each part, with its place.

Nothing is looked up here; a reference stays a name until the compiler resolves it. The leaves (requests,
conditions, bodies) are read in ``config.typed.parts``, scripts in ``config.typed.script``.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from msgspec.structs import replace

from runner.config.read.source import SourceTree
from runner.config.typed import parts, script
from runner.config.typed.captures import read_capture
from runner.config.typed.connection import check_connection
from runner.config.typed.cursor import Cursor, LateValues
from runner.config.typed.declared import read_part
from runner.config.typed.headers import read_headers
from runner.config.typed.lifecycle import read_lifecycle
from runner.config.typed.paths import read_path
from runner.language.classes import ClassSpec
from runner.language.endpoints import Endpoint
from runner.language.file import Spec, Variable, VariableType
from runner.language.policies import RetryPolicy
from runner.language.registrations import (
    Deregister,
    DeregisterWhen,
    Heartbeat,
    RegistrationSpec,
    VerbSpec,
    Verify,
)
from runner.language.requests import StepSpec
from runner.language.terms import VerbName
from runner.language.value import Json, Name
from runner.model.diagnostic import Diagnostic
from runner.values.request import LOGIN
from runner.values.typed import as_type

V = TypeVar("V", bound=VerbSpec)

_OWN_STEP = ("request", "expect", "capture")
"""The keys of a lone step, which stand among those of its verb."""


def read_spec(
    tree: SourceTree, values: Mapping[str, Json] | None = None
) -> tuple[Spec, tuple[Diagnostic, ...]]:
    """Return the typed form of a tree that the schema accepts, and what is wrong with its texts.

    Args:
        tree: the file.
        values: of the variables that stand in place of durations and numbers, once they are known.
    """
    findings: list[Diagnostic] = []
    variables = dict(Cursor(tree, (), tree.data, findings, LateValues({})).map("variables", _variable))
    late = LateValues(variables, values)
    top = Cursor(tree, (), tree.data, findings, late)
    spec = read_part(
        top,
        Spec,
        file=tree.file,
        version=1,  # the schema has asked for it
        variables=variables,
        endpoints=dict(top.map("endpoints", _endpoint)),
        policies=dict(top.map("retry_policies", _policy)),
        classes=_classes(top),
        registrations=dict(top.map("registrations", _registration)),
        tests=top.list("tests", script.read_test),
        lifecycle=read_lifecycle(top.get("lifecycle")),
    )
    return replace(spec, late=tuple(late.found)), tuple(findings)


def _variable(at: Cursor) -> Variable:
    sources = [key for key in ("env", "file", "value") if key in at]
    if len(sources) > 1:
        at.report("E301", f"{at.key} has {' and '.join(sources)}", "a variable has one source", at_key=True)
    if not sources and "default" not in at:
        at.report("E302", f"{at.key} has no source", "give it env, file or value", at_key=True)
    for written in ("value", "default"):
        if written in at:
            _check_written(at.child(written), at.key, VariableType(at.data.get("type", "string")))
    # What comes from a file is a secret: that is what people mount files for.
    secret = bool(at.data.get("secret", "file" in at))
    return read_part(at, Variable, name=at.key, secret=secret)


def _check_written(at: Cursor, name: str, wanted: VariableType) -> None:
    """Check a value or default that the file itself gives; other texts are read as the type when bound."""
    if "${" in str(at.data):
        hint = "give the variable env or file, or put the placeholder where the variable is used"
        at.report("E404", "a placeholder cannot stand in a variable", hint)
        return
    try:
        as_type(at.data, wanted)
    except (ValueError, KeyError, TypeError):
        article = "an" if wanted is VariableType.INTEGER else "a"
        hint = f"write a {at.key} of that type, or change type"
        at.report("E312", f'"{at.data}" is not {article} {wanted}, the type of {name}', hint)


def _endpoint(at: Cursor) -> Endpoint:
    if "url" in at and "urls" in at:
        at.report("E311", f"{at.key} has url and urls", "list all addresses under urls", at_key=True)
    check_connection(at)
    login = at.get("login")
    return read_part(
        at,
        Endpoint,
        name=at.key,
        headers=read_headers(at),
        login=None if login is None else _login(login),
        classes=_classes(at),
    )


def _login(at: Cursor) -> StepSpec:
    """Read the login: what it captures is secret, and it can be repeated, unless the file says otherwise.

    Most logins are a POST, and one that was lost on the way costs a token that nobody uses.
    """
    login = _step(at, LOGIN, repeatable=True)
    captures = tuple(replace(capture, secret=True) for capture in login.captures)
    return replace(login, captures=captures)


def _policy(at: Cursor) -> RetryPolicy:
    attempts = at.get("attempts")
    if attempts is not None and attempts.data == "unlimited" and "deadline" not in at:
        attempts.report("E303", "unlimited attempts need a deadline", "add deadline: 60s beside it")
    return read_part(at, RetryPolicy, name=at.key, backoff=parts.read_backoff(at.get("backoff")))


def _classes(at: Cursor) -> tuple[ClassSpec, ...]:
    return at.list("failure_classes", _class)


def _class(at: Cursor) -> ClassSpec:
    message = at.get("message")
    match = at.list("match", parts.read_match) if "match" in at else None
    message_path = None if message is None else read_path(message)
    return read_part(at, ClassSpec, match=match, message=message_path, span=at.child("name").span)


def _registration(at: Cursor) -> RegistrationSpec:
    deregister, heartbeat = at.get("deregister"), at.get("heartbeat")
    if "with" in at and "use" not in at:
        hint = "with gives inputs to a recipe; name it with use"
        at.child("with").report("E313", f"{at.key} has with and no use", hint, at_key=True)
    lone: dict[str, Any] = dict.fromkeys(_OWN_STEP)
    return read_part(
        at,
        RegistrationSpec,
        name=at.key,
        register=VerbSpec(name=VerbName.REGISTER, steps=_steps(at, VerbName.REGISTER), span=at.key_span),
        verify=_verb(at.child("verify"), Verify, VerbName.VERIFY) if "verify" in at else None,
        heartbeat=None if heartbeat is None else _verb(heartbeat, Heartbeat, VerbName.HEARTBEAT),
        deregister=None if deregister is None else _deregister(deregister),
        classes=_classes(at),
        not_yet=tuple(Name(key, at.child(key).key_span) for key in ("for_each",) if key in at),
        steps=(),
        **lone,
    )


def _verb(at: Cursor, verb: type[V], name: VerbName) -> V:
    lone: dict[str, Any] = dict.fromkeys(_OWN_STEP)
    return read_part(at, verb, name=name, steps=_steps(at, name), classes=_classes(at), **lone)


def _deregister(at: Cursor) -> Deregister | None:
    """Read how it is undone; ``when: never`` alone says only that it is not."""
    says_how = any(key in at for key in ("steps", *_OWN_STEP))
    if at.data.get("when") == DeregisterWhen.NEVER and not says_how:
        return None
    return _verb(at, Deregister, VerbName.DEREGISTER)


def _steps(at: Cursor, name: VerbName) -> tuple[StepSpec, ...]:
    """Read the requests of a verb; the registration is itself the verb ``register``."""
    single = [key for key in _OWN_STEP if key in at]
    if "steps" in at and single:
        hint = f"move {', '.join(single)} into a step, or leave out steps"
        at.report("E304", f"{at.key} has steps, and {' and '.join(single)} beside them", hint, at_key=True)
    if "steps" not in at and "request" not in at and "use" not in at:
        at.report("E305", f"{at.key} has no request", "give it a request, or steps", at_key=True)
    # A verification only looks, and a heartbeat is made to be repeated, whatever method the control plane has for it.
    looks = name in {VerbName.VERIFY, VerbName.HEARTBEAT}
    if "steps" in at:
        return at.list("steps", lambda step: _step(step, step.data["name"], repeatable=looks))
    return (_step(at, name, own=False, repeatable=looks),) if "request" in at else ()


def _step(at: Cursor, name: str, *, own: bool = True, repeatable: bool = False) -> StepSpec:
    """Read a step; ``own`` is false where the verb's endpoint and classes stand on the same level."""
    of_the_verb: dict[str, Any] = {"classes": _classes(at)} if own else {"endpoint": None, "classes": ()}
    return read_part(
        at,
        StepSpec,
        name=name,
        when=parts.read_when(at) if "name" in at else (),
        request=parts.read_request(at.child("request"), repeatable=repeatable),
        expect=parts.read_expect(at.get("expect")),
        captures=tuple(capture for _, capture in at.map("capture", read_capture)),
        span=at.child("name").span if "name" in at else at.key_span,
        **of_the_verb,
    )
