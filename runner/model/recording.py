"""Exchanges of an earlier run, as its report kept them.

They come with the attempt that the report has of them, since an answer is there only in part: its status, and its
body where the file wanted bodies kept, but never its headers.
"""

from runner.model.exchange import Response, TransportFailure
from runner.model.outcome import Attempt


class RecordedResponse(Response, frozen=True, kw_only=True):
    """An answer that was given then."""

    then: Attempt


class RecordedFailure(TransportFailure, frozen=True, kw_only=True):
    """What went wrong then instead of an answer."""

    then: Attempt
