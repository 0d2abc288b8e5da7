"""Talking HTTP: the one place that knows aiohttp.

What belongs here sends a request exactly once, says truthfully what came of it, and turns every way in which
that can go wrong into one ``TransportFailure`` with a cause in words. Retries, redirects, credentials and
the meaning of a status do not belong here.
"""
