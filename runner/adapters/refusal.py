"""The answer to a request that comes before registration (RFC 9457); it says nothing of what goes on inside."""

import json

STATUS = 503
BODY = json.dumps(
    {"type": "about:blank", "title": "Service Unavailable", "status": STATUS, "detail": "registering"}
).encode()


def headers(after_s: int) -> dict[str, str]:
    """Return the headers of the answer."""
    return {"Content-Type": "application/problem+json", "Retry-After": str(after_s)}
