"""A registrar that starts in milliseconds: it speaks init's protocol, and asks nobody.

What init promises (statuses, signals, orphans, the terminal) holds whatever its other half does, and is tried with
this one; the real one takes half a second of a processor to load. It is started as the real one is, with the terms of
its lifecycle in the place of the file's name, and ``stays`` behind them where it is to be still at work.
"""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from runner.pid1.protocol import VERSION, Hello, Leave, Lines, States, Terms, Verdict, encode


def main(reading: int, writing: int, terms: Terms, *, stays: bool) -> None:
    """Register, in a word, and end; or stay until told to leave."""
    lines = Lines()
    lines.feed(os.read(reading, 65536))  # what to do is known
    os.write(writing, encode(Hello(VERSION, "stub")) + encode(terms))
    while stays:
        data = os.read(reading, 65536)
        if not data or any(isinstance(message, Leave) for message in lines.feed(data)):
            return
    os.write(2, b"service: registered\n")
    registered = States(ready=True, registrations={"service": "registered"})
    os.write(writing, encode(registered) + encode(Verdict(0, "")))


main(int(sys.argv[2]), int(sys.argv[3]), Terms(**json.loads(sys.argv[4])), stays="stays" in sys.argv[5:])
