"""Requests and what is made of their answers: expectations, captures, steps."""

from enum import StrEnum
from typing import Annotated, ClassVar

from msgspec import UNSET, UnsetType

from runner.language.classes import Classes
from runner.language.conditions import BODY_CONDITIONS, HEADER_CONDITIONS, WHEN
from runner.language.key import About, Key, Kind, Part
from runner.language.kinds import (
    ANY_TEMPLATE,
    ANYTHING,
    BOOLEAN,
    DOCUMENT,
    EXCEPT,
    HEADERS,
    NAME,
    PARAMETERS,
    PATH,
    STATUS_SET,
    TEXT,
    choice,
    defined,
    list_of,
    part,
)
from runner.language.terms import EndpointName
from runner.language.units import parse_status_set
from runner.language.value import Document, Json, MapNode, Named, StatusSet, Template

ALL_2XX = parse_status_set(["2xx"], [])
NO_PARAMETERS = MapNode(())
CAPTURE_WORDS = {"outputs": "", "save": "", "extract": ""}


class Method(StrEnum):
    """The methods of HTTP (RFC 9110 section 9, RFC 5789) that a request can have."""

    GET = "GET"
    HEAD = "HEAD"
    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"
    OPTIONS = "OPTIONS"


class BodyKind(StrEnum):
    """How a request's body is encoded."""

    JSON = "json"
    FORM = "form"
    TEXT = "text"


class CaptureFrom(StrEnum):
    """Which part of an answer a capture reads."""

    BODY = "body"
    HEADER = "header"
    TEXT = "text"


class RequestTemplate(Part, frozen=True, kw_only=True):
    """One HTTP request. Give at most one of `json`, `form` and `text`."""

    ABOUT: ClassVar = About(
        name="request",
        title="Request",
        examples=({"method": "PUT", "path": "/services/${var.pool}", "json": {"port": 8080}},),
    )

    method: Annotated[
        Method, Key(choice(Method), "Method", "The HTTP method.", ("PUT",), also={"verb": ""})
    ] = Method.GET
    path: Annotated[
        Template,
        Key(
            PATH,
            "Path",
            "The path on the endpoint, beginning with a slash. A placeholder within it is one "
            "segment, encoded.",
            ("/runner-configs/${var.pool}",),
            also={"uri": "", "url": "the address is the endpoint's url"},
            write="add path: /...",
        ),
    ]
    query: Annotated[Document, Key(PARAMETERS, also={"params": "", "parameters": ""})] = NO_PARAMETERS
    headers: Annotated[tuple[tuple[str, Template], ...], Key(HEADERS)] = ()
    json: Annotated[
        Document | UnsetType,
        Key(
            DOCUMENT,
            "JSON body",
            "The body, sent as JSON. A map with `$for_each`, `$base64`, `$json` or `$parse` is a directive.",
            ({"name": "${var.pool}", "port": 8080},),
            also={"body": "", "data": "", "payload": ""},
        ),
    ] = UNSET
    form: Annotated[Document | UnsetType, Key(PARAMETERS, also={"body": "", "data": "", "payload": ""})] = (
        UNSET
    )
    text: Annotated[
        Document | UnsetType,
        Key(
            ANY_TEMPLATE,
            "Text body",
            "The body, sent as it stands.",
            ("up 1\n",),
            also={"body": "", "data": "", "payload": "", "content": ""},
        ),
    ] = UNSET
    idempotent: Annotated[
        bool,
        Key(
            BOOLEAN,
            "Idempotent",
            "Whether sending it twice does no harm, so that it may be repeated when the answer got "
            "lost. The default is by method: false for POST and PATCH, true for the others; a login "
            "and a verification may always be repeated.",
            (True,),
        ),
    ] = False

    @property
    def body_kind(self) -> BodyKind | None:
        """How its body is encoded; none where it has none."""
        return next((kind for kind in BodyKind if getattr(self, kind) is not UNSET), None)

    @property
    def body(self) -> Document:
        """Its body, before rendering."""
        written = UNSET if self.body_kind is None else getattr(self, self.body_kind)
        return None if written is UNSET else written


class Expect(Part, frozen=True, kw_only=True):
    """What a good answer looks like. Without it, any 2xx is good."""

    ABOUT: ClassVar = About(
        name="expect", title="Expectation", examples=({"status": [200, 201], "body": {"state": "ready"}},)
    )

    status: Annotated[
        StatusSet, Key(STATUS_SET, also={"status_code": "", "status_codes": "", "code": ""})
    ] = ALL_2XX
    except_: Annotated[StatusSet | None, Key(EXCEPT)] = None
    body: Annotated[tuple[Named, ...], Key(BODY_CONDITIONS)] = ()
    headers: Annotated[tuple[Named, ...], Key(HEADER_CONDITIONS)] = ()


class Capture(Part, frozen=True, kw_only=True):
    """A JMESPath into the body, or a map with one of `body`, `header` and `text`.

    Nothing found and no default is a failed expectation.
    """

    ABOUT: ClassVar = About(
        name="capture",
        title="Capture",
        examples=("lease.id", {"header": "Location", "pattern": "([^/]+)$"}),
        at_least_one=True,
        short=Kind(schema={"type": ["string", "object"], "minLength": 1}),
    )

    name: str
    body: Annotated[
        "str | Template | None",
        Key(
            TEXT,
            "From the body",
            "A JMESPath into the JSON body. Placeholders stand within quotes.",
            ("lease.id", 'pools."${var.pool}".id'),
        ),
    ] = None
    header: Annotated[str | None, Key(TEXT, "From a header", "The name of a header.", ("Location",))] = None
    text: Annotated[
        str | None,
        Key(
            TEXT,
            "From the text",
            "A regular expression on the body as text; its first group is the value.",
            ("id=([0-9]+)",),
        ),
    ] = None
    pattern: Annotated[
        str | None,
        Key(
            TEXT,
            "Pattern",
            "A regular expression on what was found; its first group is the value. Beside `body` or `header`.",
            ("([^/]+)$",),
            also={"regex": "", "match": ""},
        ),
    ] = None
    secret: Annotated[bool, Key(BOOLEAN, "Secret", "Print the value as *** everywhere.", (True,))] = False
    default: Annotated[
        "Json | UnsetType",
        Key(
            ANYTHING,
            "Default",
            "The value where nothing is found, of any type. Without it, finding nothing is a failed "
            "expectation.",
            ("", 0),
        ),
    ] = UNSET

    @property
    def source(self) -> CaptureFrom:
        """Which part of the answer it reads."""
        return next(each for each in CaptureFrom if getattr(self, each) is not None)

    @property
    def expression(self) -> str:
        """A JMESPath, a header's name, or a regular expression whose first group counts."""
        return str(getattr(self, self.source))

    @property
    def has_default(self) -> bool:
        """Whether there is a value where nothing is found."""
        return self.default is not UNSET


CAPTURES = defined(
    Kind(
        reader="captures",
        schema={"type": "object", "propertyNames": NAME, "additionalProperties": part(Capture)},
        holds=Capture,
    ),
    "captures",
    "Captures",
    "Values kept from the answer, used in later steps as `${step.name}`.",
    {"names": "sort(datacenters[].name)"},
)


class StepSpec(Part, frozen=True, kw_only=True):
    """One request of a sequence, what is expected of its answer and what is kept of it."""

    ABOUT: ClassVar = About(
        name="step",
        title="Step",
        examples=(
            {
                "name": "discover",
                "request": {"path": "/datacenters"},
                "capture": {"names": "datacenters[].name"},
            },
        ),
    )

    name: Annotated[
        str,
        Key(
            NAME,
            "Step name",
            "The name under which later steps use its captures. `var`, `item`, `each`, `with`, `self` and `login` "
            "are taken.",
            ("discover",),
            write="add name: to it",
        ),
    ]
    request: Annotated[
        RequestTemplate, Key(part(RequestTemplate), write="add request: {method: PUT, path: /...}")
    ]
    when: Annotated[tuple[Named, ...], Key(WHEN)] = ()
    expect: Annotated[Expect, Key(part(Expect))] = Expect()
    captures: Annotated[tuple[Capture, ...], Key(CAPTURES, also=CAPTURE_WORDS, name="capture")] = ()
    endpoint: EndpointName = None
    classes: Classes = ()


STEPS = defined(
    list_of(part(StepSpec), least=1),
    "steps",
    "Steps",
    "Requests sent one after the other, in this order.",
    [{"name": "upsert", "request": {"method": "PUT", "path": "/pools/a"}}],
)
