"""A validated tree becomes a ``Spec``: the typed meaning of each part, with its place.

Nothing is looked up here; a reference stays a name until the compiler resolves it. The leaves (requests,
conditions, bodies) are read in ``config.parts``, scripts in ``config.script``.
"""

import dataclasses

from runner.config import parts, script
from runner.config.connection import optional_template, read_max_response, read_proxy, read_tls
from runner.config.cursor import Cursor
from runner.config.headers import read_headers
from runner.config.lifecycle import read_lifecycle
from runner.config.source import SourceTree
from runner.model.diagnostic import Diagnostic
from runner.model.lifecycle import DeregisterWhen
from runner.model.outcome import VerbName
from runner.model.plan import (
    Action,
    Endpoint,
    RetryPolicy,
    Variable,
    VariableType,
)
from runner.model.spec import (
    ClassSpec,
    EndpointSpec,
    Name,
    PolicySpec,
    RegistrationSpec,
    Spec,
    StepSpec,
    VerbSpec,
)
from runner.values.request import LOGIN
from runner.values.typed import as_type

_NEVER = {"when": "never"}
"""A deregistration that says only that there is none."""
_STEP_KEYS = ("request", "expect", "capture")


def read_spec(tree: SourceTree) -> tuple[Spec, tuple[Diagnostic, ...]]:
    """Return the typed form of a tree that the schema accepts, and what is wrong with its texts."""
    findings: list[Diagnostic] = []
    top = Cursor(tree, (), tree.data, findings)
    written = top.data.get("report", {})
    spec = Spec(
        file=tree.file,
        variables=dict(top.map("variables", _variable)),
        endpoints=dict(top.map("endpoints", _endpoint)),
        policies=dict(top.map("retry_policies", _policy)),
        classes=_classes(top),
        registrations=dict(top.map("registrations", _registration)),
        tests=top.list("tests", script.read_test),
        reports={form: path for form, path in written.items() if form != "bodies"},
        lifecycle=read_lifecycle(top.get("lifecycle")),
        bodies=bool(written.get("bodies")),
    )
    return spec, tuple(findings)


def _not_yet(at: Cursor, *keys: str) -> tuple[Name, ...]:
    """The parts of the language that stand here and that this version cannot run."""
    return tuple(Name(key, at.child(key).key_span) for key in keys if key in at)


def _variable(at: Cursor) -> Variable:
    sources = [key for key in ("env", "file", "value") if key in at]
    if len(sources) > 1:
        at.report("E301", f"{at.key} has {' and '.join(sources)}", "a variable has one source", at_key=True)
    if not sources and "default" not in at:
        at.report("E302", f"{at.key} has no source", "give it env, file or value", at_key=True)
    for written in ("value", "default"):
        if written in at:
            _check_written(at.child(written), at.key, VariableType(at.data.get("type", "string")))
    file = at.data.get("file")
    return Variable(
        name=at.key,
        type=VariableType(at.data.get("type", "string")),
        env=at.data.get("env"),
        file=file,
        has_value="value" in at,
        value=at.data.get("value"),
        has_default="default" in at,
        default=at.data.get("default"),
        # What comes from a file is a secret: that is what people mount files for.
        secret=bool(at.data.get("secret", file is not None)),
        description=at.data.get("description"),
        span=at.key_span,
    )


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


def _endpoint(at: Cursor) -> EndpointSpec:
    auth = at.get("auth")
    basic = auth.get("basic") if auth else None
    endpoint = Endpoint(
        name=at.key,
        urls=at.list("urls" if "urls" in at else "url", Cursor.template),
        socket=optional_template(at, "socket"),
        headers=read_headers(at),
        bearer=optional_template(auth, "bearer") if auth else None,
        basic=(basic.child("username").template(), basic.child("password").template()) if basic else None,
        tls=read_tls(at.get("tls")),
        proxy=read_proxy(at),
        attempt_timeout_s=at.time_s("attempt_timeout", 15.0),
        connect_timeout_s=at.time_s("connect_timeout", 3.0),
        max_concurrency=at.integer("max_concurrency") or 16,
        max_response_bytes=read_max_response(at),
        span=at.key_span,
    )
    if "url" in at and "urls" in at:
        at.report("E311", f"{at.key} has url and urls", "list all addresses under urls", at_key=True)
    login = at.get("login")
    return EndpointSpec(
        endpoint=endpoint,
        login=None if login is None else _login(login),
        classes=_classes(at),
    )


def _login(at: Cursor) -> StepSpec:
    """Read the login: what it captures is secret, and it can be repeated, unless the file says otherwise.

    Most logins are a POST, and one that was lost on the way costs a token that nobody uses.
    """
    login = _step(at, LOGIN, repeatable=True)
    captures = tuple(dataclasses.replace(capture, secret=True) for capture in login.captures)
    return dataclasses.replace(login, captures=captures)


def _policy(at: Cursor) -> PolicySpec:
    attempts = at.data.get("attempts", 20)
    if attempts == "unlimited" and "deadline" not in at:
        at.child("attempts").report(
            "E303", "unlimited attempts need a deadline", "add deadline: 60s beside it"
        )
    retry_after = at.get("retry_after")
    policy = RetryPolicy(
        name=at.key,
        attempts=None if attempts == "unlimited" else int(attempts),
        deadline_s=at.time_s("deadline", 60.0) if "deadline" in at else None,
        backoff=parts.read_backoff(at.get("backoff")),
        honor_retry_after=bool(retry_after.data.get("honor", True)) if retry_after else True,
        retry_after_max_s=retry_after.duration_s("max", 60.0) if retry_after else 60.0,
    )
    return PolicySpec(policy=policy, span=at.key_span)


def _classes(at: Cursor) -> tuple[ClassSpec, ...]:
    return at.list("failure_classes", _class)


def _class(at: Cursor) -> ClassSpec:
    message = at.get("message")
    if message is not None:
        message.check_path(message.data)
    return ClassSpec(
        name=at.data["name"],
        match=at.list("match", parts.read_match) if "match" in at else None,
        action=Action(at.data["action"]) if "action" in at else None,
        policy=at.name("policy"),
        exit_status=at.integer("exit_code"),
        hint=at.data.get("hint"),
        message=None if message is None else message.data,
        span=at.child("name").span,
    )


def _registration(at: Cursor) -> RegistrationSpec:
    deregister, heartbeat = at.get("deregister"), at.get("heartbeat")
    if "with" in at and "use" not in at:
        hint = "with gives inputs to a recipe; name it with use"
        at.child("with").report("E313", f"{at.key} has with and no use", hint, at_key=True)
    return RegistrationSpec(
        name=at.key,
        endpoint=at.name("endpoint"),
        policy=at.name("policy"),
        required=at.data.get("required", True),
        needs=at.list("needs", lambda item: Name(item.data, item.span)),
        register=_verb(at, VerbName.REGISTER, own=False),
        verify=_verb(at.child("verify"), VerbName.VERIFY) if "verify" in at else None,
        deregister=_verb(deregister, VerbName.DEREGISTER)
        if deregister and deregister.data != _NEVER
        else None,
        heartbeat=None if heartbeat is None else _verb(heartbeat, VerbName.HEARTBEAT),
        heartbeat_every_s=0.0 if heartbeat is None else heartbeat.time_s("every", 0.0),
        deregister_when=DeregisterWhen(deregister.data.get("when", "always") if deregister else "never"),
        classes=_classes(at),
        for_each="for_each" in at,
        not_yet=_not_yet(at, "use", "for_each"),
        span=at.key_span,
    )


def _verb(at: Cursor, name: VerbName, *, own: bool = True) -> VerbSpec:
    """Read a verb; the registration is itself the verb ``register``, and its other keys are not the verb's."""
    single = [key for key in _STEP_KEYS if key in at]
    if "steps" in at and single:
        hint = f"move {', '.join(single)} into a step, or leave out steps"
        at.report("E304", f"{at.key} has steps, and {' and '.join(single)} beside them", hint, at_key=True)
    if "steps" not in at and "request" not in at and "use" not in at:
        at.report("E305", f"{at.key} has no request", "give it a request, or steps", at_key=True)
    # A verification only looks, and a heartbeat is made to be repeated, whatever method the control plane has for it.
    looks = name in {VerbName.VERIFY, VerbName.HEARTBEAT}
    if "steps" in at:
        steps = at.list("steps", lambda step: _step(step, step.data["name"], repeatable=looks))
    else:
        steps = (_step(at, name, own=False, repeatable=looks),) if "request" in at else ()
    return VerbSpec(
        name=name,
        steps=steps,
        endpoint=at.name("endpoint") if own else None,
        policy=at.name("policy") if own else None,
        classes=_classes(at) if own else (),
        span=at.key_span,
    )


def _step(at: Cursor, name: str, *, own: bool = True, repeatable: bool = False) -> StepSpec:
    """Read a step; ``own`` is false where the verb's endpoint and classes stand on the same level."""
    return StepSpec(
        name=name,
        endpoint=at.name("endpoint") if own else None,
        request=parts.read_request(at.child("request"), repeatable=repeatable),
        expect=parts.read_expect(at.get("expect")),
        captures=tuple(capture for _, capture in at.map("capture", parts.read_capture)),
        classes=_classes(at) if own else (),
        span=at.child("name").span if "name" in at else at.key_span,
    )
