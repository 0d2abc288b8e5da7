"""Processes as the kernel sees them: starting them with what they should inherit, and signalling them.

Init forks and executes by itself, because it also reaps by itself: two parties that wait for children take each
other's (https://github.com/python/cpython/issues/87744).
"""

import contextlib
import errno
import os
import signal
import site
import sys
from collections.abc import Collection
from typing import NamedTuple, NoReturn

CANNOT_EXECUTE, NOT_FOUND = 126, 127
"""The exit statuses of a shell for a command that is there and cannot be executed, and for one that is not there."""
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
# Python ignores these two for itself; an application expects them to end it, as they end everybody.
_IGNORED_BY_PYTHON = frozenset({signal.SIGPIPE, signal.SIGXFSZ})
_CRASHES = {
    signal.SIGFPE, signal.SIGILL, signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGTRAP, signal.SIGSYS
}  # fmt: skip
_NOT_OURS_TO_CATCH = {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD, signal.SIGTTIN, signal.SIGTTOU}
FORWARDED = frozenset(signal.valid_signals() - _CRASHES - _NOT_OURS_TO_CATCH)
_SHELL = "/bin/sh"


class Unstartable(Exception):
    """A command that cannot be executed; with its exit status."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Inheritance(NamedTuple):
    """What a started application gets besides its words."""

    ignored: frozenset[int]
    """The signals that were ignored when we were started (``nohup``) are ignored by it, too."""
    terminal: bool
    """Whether the terminal of standard input is handed over."""
    parent_death: int | None


def find_command(name: str) -> str:
    """Return the file that a command's name means, as ``execvp`` looks for it.

    Raises:
        Unstartable: when there is none, or none that may be executed.
    """
    candidates = [name] if "/" in name else [os.path.join(folder, name) for folder in os.get_exec_path()]
    there = [path for path in candidates if os.path.isfile(path)]
    runnable = next((path for path in there if os.access(path, os.X_OK)), None)
    if runnable is not None:
        return runnable
    if there or ("/" in name and os.path.exists(name)):
        raise Unstartable(CANNOT_EXECUTE, f"{name} cannot be executed: it is not an executable file")
    where = "there is no such file" if "/" in name else "it is in no folder of PATH"
    raise Unstartable(NOT_FOUND, f"{name} cannot be found: {where}")


def ignored_signals() -> frozenset[int]:
    """Return the signals that whoever started us wants ignored."""
    candidates = FORWARDED - _IGNORED_BY_PYTHON | {signal.SIGTTIN, signal.SIGTTOU}
    return frozenset(number for number in candidates if signal.getsignal(number) is signal.SIG_IGN)


def catch_signals() -> int:
    """Let every signal write its number into a pipe, and only then let those in that were kept waiting.

    Those too that whoever started us wants ignored (``nohup``, a job of a script): an application may handle them.
    """
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    for number in FORWARDED | {signal.SIGCHLD}:
        with contextlib.suppress(OSError):  # some libraries keep a real-time signal for themselves
            signal.signal(number, lambda *_: None)
    for number in (signal.SIGTTIN, signal.SIGTTOU):
        signal.signal(number, signal.SIG_IGN)  # we write to the terminal while the application has it
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    return reading


def start_application(command: list[str], inheritance: Inheritance) -> int:
    """Start a command as the leader of a process group of its own; returns its pid.

    Raises:
        Unstartable: when it cannot be executed.
    """
    try:
        errors, report_error = os.pipe()  # closed by a successful exec; else the errno arrives
        pid = _fork()
    except OSError as error:  # the pipe, if there is one, is of no account any more: this is the end
        raise Unstartable(CANNOT_EXECUTE, f"{command[0]} cannot be started: {in_words(error)}") from error
    if pid == 0:
        _start(command, inheritance, report_error)
    os.close(report_error)
    with contextlib.suppress(OSError):  # it has done so itself, and may have become another program already
        os.setpgid(pid, pid)
    failed = os.read(errors, 16)
    os.close(errors)
    if failed:
        os.waitpid(pid, 0)
        raise refusal(command[0], int(failed))
    return pid


def in_words(error: OSError) -> str:
    """Return what keeps a process from being started."""
    limited = " (a limit on processes, or memory)" if error.errno in {errno.EAGAIN, errno.ENOMEM} else ""
    return f"{(error.strerror or str(error)).lower()}{limited}"


def _fork() -> int:
    """Fork with signals kept waiting in the child: until it has given them back, it would note them as ours."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    pid = -1
    try:
        pid = os.fork()
    finally:
        if pid:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return pid


def refusal(name: str, number: int | None) -> Unstartable:
    """Return what an error of ``exec`` means to people."""
    if number == errno.ENOENT and os.path.exists(name):
        why = "the interpreter that it names (in its first line, or its loader) is not there"
        return Unstartable(NOT_FOUND, f"{name} cannot be executed: {why}")
    status = NOT_FOUND if number == errno.ENOENT else CANNOT_EXECUTE
    return Unstartable(status, f"{name} cannot be executed: {os.strerror(number or 0).lower()}")


def _start(command: list[str], inheritance: Inheritance, report_error: int) -> NoReturn:
    try:
        os.setpgid(0, 0)
        if inheritance.terminal:
            hand_terminal_to(os.getpid())
        if inheritance.parent_death is not None:
            prctl(_PR_SET_PDEATHSIG, inheritance.parent_death)
        hand_back_signals(inheritance.ignored)
        execute(command)
    except OSError as error:
        os.write(report_error, str(error.errno).encode())
    finally:
        os._exit(CANNOT_EXECUTE)


def execute(command: list[str]) -> NoReturn:
    """Replace this process by a command; a script without ``#!`` is given to the shell, as shells do.

    Raises:
        OSError: when it cannot be executed.
    """
    try:
        os.execvp(command[0], command)  # noqa: S606 - to execute it is what we are for
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
        os.execv(_SHELL, [_SHELL, find_command(command[0]), *command[1:]])  # noqa: S606


def hand_back_signals(ignored: Collection[int]) -> None:
    """Give signals the dispositions that a program expects at its start, and block none.

    Nothing stays blocked, even where we were started so: the start-up line blocks signals for our sake, and an
    application that inherits that would not get the signal that ends it.
    """
    for number in FORWARDED | {signal.SIGTTIN, signal.SIGTTOU, signal.SIGCHLD}:
        signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def start_registrar(words: list[str], pipes: tuple[int, int]) -> int:
    """Start the registrar in a process group of its own, with an empty standard input and its output on standard error.

    Raises:
        OSError: when there can be no process.
    """
    pid = _fork()
    if pid:
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)
        return pid
    try:
        os.setpgid(0, 0)
        die_before_init()
        _keep_only(pipes)
        os.close(0)
        os.open(os.devnull, os.O_RDONLY)  # gets the number 0, also where there is none left
        os.dup2(2, 1)
        # In the background of a terminal it may still write to it.
        hand_back_signals({signal.SIGTTOU})
        os.execv(words[0], words)  # noqa: S606 - our own interpreter
    finally:
        os._exit(CANNOT_EXECUTE)


def _keep_only(pipes: Collection[int]) -> None:
    """Hold nothing open that was given to the application: its other end waits for the last of us to close it."""
    with contextlib.suppress(OSError):  # without /proc
        for name in os.listdir("/proc/self/fd"):
            os.set_inheritable(int(name), int(name) <= 2)
    for descriptor in pipes:
        os.set_inheritable(descriptor, True)


def die_before_init() -> None:
    """Let the kernel, where memory runs out, take this process rather than init, which is as big and irreplaceable.

    A tenth of the limit is added to its size (proc_pid_oom_score_adj(5)): enough for that, and too little to be taken
    instead of an application that leaks, or of other pods.
    """
    # Without /proc, the kernel chooses as it always does.
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "r+", encoding="ascii") as file:
        now = int(file.read())
        file.seek(0)
        file.write(str(min(1000, now + 100)))


def our_interpreter() -> list[str]:
    """Return the words that start our own interpreter, where nothing of the application's shadows what is ours."""
    user_site = site.getusersitepackages() if site.ENABLE_USER_SITE else None
    installed_for_user = user_site is not None and __file__.startswith(user_site)
    return [sys.executable, "-EP" if installed_for_user else "-I", "-m", "runner"]


def has_terminal() -> bool:
    """Whether standard input is a terminal and we are in its foreground."""
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


def hand_terminal_to(group: int) -> None:
    """Put a process group into the foreground of the terminal; a terminal that is gone needs none."""
    with contextlib.suppress(OSError):
        os.tcsetpgrp(0, group)


def adopt_orphans(*, on: bool = True) -> bool:
    """Become the parent of what our descendants leave behind, where we are not PID 1; returns whether that worked."""
    return prctl(_PR_SET_CHILD_SUBREAPER, int(on))


def prctl(option: int, value: int) -> bool:
    """Set a property of this process (prctl(2)); the standard library has no other way to it."""
    try:
        import ctypes  # noqa: PLC0415 - a megabyte that PID 1 does not need

        return bool(ctypes.CDLL(None).prctl(option, value, 0, 0, 0) == 0)
    except (ImportError, OSError, AttributeError):
        return False


def send(number: int, pid: int, *, to_group: bool = False) -> bool:
    """Send a signal to a child of ours, or to the group that it leads; returns whether that is allowed.

    A process that is gone already needs none. A pid is only ever used until it is reaped, and nobody but us reaps our
    children, so it cannot be another's.
    """
    try:
        (os.killpg if to_group else os.kill)(pid, number)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return True


def send_to_leader(number: int, pid: int) -> bool:
    """Send a signal to a child and to the group that we gave it, which it may have left; returns whether it got it."""
    is_in_group = os.getpgid(pid) == pid
    reaches_some = send(number, pid, to_group=True)
    if is_in_group and (number == signal.SIGCONT or not reaches_some):
        return reaches_some
    return send(0 if is_in_group else number, pid)  # the group may have others whom we may signal


def exit_status(wait_status: int) -> int:
    """Return an exit status as a shell says it: 128+n for signal n."""
    return os.WEXITSTATUS(wait_status) if os.WIFEXITED(wait_status) else 128 + os.WTERMSIG(wait_status)
