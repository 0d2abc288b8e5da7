"""The application of these tests: does what its arguments say, in order, and tells what happens to it.

It runs as ``python -I -S child.py ACT...`` and needs nothing but the standard library. An act is a word, with a
value after ``=`` where it takes one. What it tells are lines of ``MONOTONIC_S WHO WORD VALUE``, each written at
once, so that several processes can share one file; the clock is that of the whole machine.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable

WHO = "app"
NEVER_HEARD = {signal.SIGKILL, signal.SIGSTOP}


def say(word: str, value: object = "", who: str = "") -> None:
    """Write one line."""
    os.write(1, f"{time.monotonic()} {who or WHO} {word} {value}\n".encode())


def report(_: str) -> None:
    """Tell what a process inherits: identities, mask, dispositions, descriptors, folder."""
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - pathlib is slow to import
        for line in status:
            name, _, value = line.partition(":")
            if name in ("SigBlk", "SigIgn", "SigCgt", "Threads"):
                say(name, value.strip())
    for word, known in (
        ("pid", os.getpid()),
        ("ppid", os.getppid()),
        ("pgid", os.getpgid(0)),
        ("sid", os.getsid(0)),
        ("cwd", os.getcwd()),  # noqa: PTH109
        ("fds", ",".join(descriptors())),
        ("argv", repr(sys.argv)),
        ("pythonpath", os.environ.get("PYTHONPATH")),
    ):
        say(word, known)


def descriptors() -> list[str]:
    """The open descriptors without the one that lists them."""
    listed = os.listdir("/proc/self/fd")  # noqa: PTH208
    return sorted(each for each in listed if os.path.exists(f"/proc/self/fd/{each}"))  # noqa: PTH110


def foreground(_: str) -> None:
    """Tell which process group the terminal listens to, and how large it is."""
    say("foreground", os.tcgetpgrp(0))
    size = os.get_terminal_size(0)
    say("size", f"{size.columns}x{size.lines}")


def members(count: str) -> None:
    """Start members of the own group that tell which signals they get, until TERM."""
    for number in range(int(count)):
        if os.fork() == 0:
            become(f"member-{number}")
            listen("15")


def orphans(value: str) -> None:
    """Leave processes behind that end within so many seconds, with many different statuses: ``COUNT:SECONDS``."""
    count, _, longest_s = value.partition(":")
    between = os.fork()
    if between == 0:
        for number in range(int(count)):
            if os.fork() == 0:
                time.sleep(float(longest_s) * number / int(count))
                os._exit(number % 256)
        os._exit(0)
    os.waitpid(between, 0)
    say("orphaned", count)


def survivor(seconds: str) -> None:
    """Leave a process of the own group behind that takes so many seconds to clean up after TERM."""
    _leave_behind("survivor", lambda: _clean_up(float(seconds)))


def loner(seconds: str) -> None:
    """Leave a process behind like ``survivor``, in a session of its own."""
    _leave_behind("loner", lambda: _clean_up(float(seconds)), in_session=True)


def stubborn(seconds: str) -> None:
    """Leave a process of the own group behind that no TERM ends."""
    _leave_behind("stubborn", lambda: time.sleep(float(seconds)))


def restless(_: str) -> None:
    """Leave a process behind that becomes another one every few milliseconds, for ten seconds, and heeds no TERM."""
    until_s = time.monotonic() + 10

    def move_on() -> None:
        while time.monotonic() < until_s:
            time.sleep(0.005)
            say("moves")
            if os.fork() != 0:
                os._exit(0)

    _leave_behind("restless", move_on, in_session=True)


def heir(_: str) -> None:
    """Leave a process behind which, at TERM, starts another one with the process id that was the application's."""
    mine = os.getpid()

    def inherit() -> None:
        signal.sigwait({signal.SIGTERM})
        with open("/proc/sys/kernel/ns_last_pid", "w", encoding="ascii") as last:  # noqa: PTH123
            last.write(str(mine - 1))
        stranger = os.fork()
        if stranger == 0:
            os.setsid()
            become("stranger")
            say("pid", os.getpid())
            listen("12")
        os.waitpid(stranger, 0)

    _leave_behind("heir", inherit, in_session=True)


def regroup(_: str) -> None:
    """Leave the own process group for another one, whose leader stays in the background."""
    leader = os.fork()
    if leader == 0:
        os.setpgid(0, 0)
        become("leader")
        listen("15")
    with contextlib.suppress(OSError):  # it may have done so itself
        os.setpgid(leader, leader)
    os.setpgid(0, leader)
    say("regrouped")


def user(number: str) -> None:
    """Become another user."""
    os.setgroups([])
    os.setgid(int(number))
    os.setuid(int(number))
    say("user", os.getuid())


def children(value: str) -> None:
    """Start own children that exit with a status, and say how many were told another one: ``COUNT:STATUS``."""
    count, _, status = value.partition(":")
    own = []
    for _ in range(int(count)):
        own.append(os.fork())
        if own[-1] == 0:
            time.sleep(0.01)
            os._exit(int(status))
    told = [os.waitstatus_to_exitcode(os.waitpid(each, 0)[1]) for each in own]
    say("wrong", sum(each != int(status) for each in told))


def zombies(_: str) -> None:
    """Count the zombies among the own children, as a process that never waits would have them."""
    time.sleep(0.3)
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as listed:  # noqa: PTH123
        say("zombies", len(listed.read().split()))


def listen(value: str) -> None:
    """Tell each signal; at the one that is named clean up and end: ``[SIGNAL[:STATUS[:SECONDS]]]``."""
    ends, status, seconds = (*value.split(":"), "", "", "")[:3]
    block_all()
    say("listens")
    while True:
        number = signal.sigwaitinfo(signal.valid_signals()).si_signo
        if number == signal.SIGCHLD:
            continue
        say("heard", number)
        if ends and number == int(ends):
            time.sleep(float(seconds or 0))
            say("ends")
            os._exit(int(status or 0))


def sleep(seconds: str) -> None:
    """Wait, with every disposition as it was inherited."""
    say("sleeps")
    time.sleep(float(seconds))


def die(number: str) -> None:
    """End by a signal."""
    signal.signal(int(number), signal.SIG_DFL) if int(number) not in NEVER_HEARD else None
    os.kill(os.getpid(), int(number))


def ends(status: str) -> None:
    """End with a status."""
    os._exit(int(status))


def become(who: str) -> None:
    """Speak under another name from now on."""
    global WHO  # noqa: PLW0603 - a process has one name
    WHO = who


def block_all() -> None:
    """Let no signal through but those that cannot be held."""
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())


def _clean_up(seconds: float) -> None:
    signal.sigwait({signal.SIGTERM})
    say("heard", 15)
    time.sleep(seconds)
    say("cleaned")


def _leave_behind(who: str, what: Callable[[], None], *, in_session: bool = False) -> None:
    """Run something in a process whose parent has ended and which blocks all signals; return when it has begun."""
    read, write = os.pipe()
    between = os.fork()
    if between == 0:
        if os.fork() == 0:
            os.close(read)
            if in_session:
                os.setsid()
            block_all()
            become(who)
            say("begins", os.getpid())
            os.close(write)
            what()
        os._exit(0)
    os.close(write)
    os.waitpid(between, 0)
    os.read(read, 1)
    os.close(read)


ACTS = {
    "report": report, "foreground": foreground, "members": members, "orphans": orphans, "survivor": survivor,
    "loner": loner, "restless": restless, "stubborn": stubborn, "heir": heir, "regroup": regroup, "user": user, "children": children, "zombies": zombies, "listen": listen,
    "sleep": sleep, "die": die, "exit": ends,
}  # fmt: skip

for act in sys.argv[1:]:
    name, _, value = act.partition("=")
    ACTS[name](value)
