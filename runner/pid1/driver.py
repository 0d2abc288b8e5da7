"""The loop around the state machine: waits for signals, children and the registrar, and does what is decided.

Signals arrive as bytes in a pipe (``signal.set_wakeup_fd``), in their order, so that nothing of ours ever runs
inside of a signal handler; SIGCHLD is one of them. There is one thread and one place that waits.
"""

import errno
import os
import select
import signal
import time
from collections import deque
from collections.abc import Sequence

from runner.pid1 import family, machine, processes
from runner.pid1.ending import Step
from runner.pid1.link import Link
from runner.pid1.protocol import REGISTRAR, Begin, Garbage, Message
from runner.pid1.publicity import Publicity
from runner.pid1.say import LEVELS, say, wants_json
from runner.pid1.state import (
    Alone,
    App,
    AppEnded,
    AppOutOfReach,
    AppUnstartable,
    BrokeProtocol,
    Effect,
    Event,
    Exec,
    KillRegistrar,
    RegistrarEnded,
    RegistrarUnstartable,
    Said,
    Say,
    SignalApp,
    Signalled,
    Stage,
    StartApp,
    StartRegistrar,
    State,
    Tell,
    Ticked,
)
from runner.pid1.survivors import Survivors, end_in_disorder, kill_all

_INTERRUPTED = {128 + signal.SIGINT, 128 + signal.SIGQUIT}
_LONGEST_S = 3600.0
"""How long nothing is looked at; the kernel counts no more than 24 days."""
_STOPS = {signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}


class Init:
    """One run: starts and reaps the registrar and the application, and carries out what the state machine decides."""

    def __init__(self, own: Sequence[str], command: list[str]) -> None:
        """Take over the signals.

        Args:
            own: the arguments of ``run`` without the command, for the registrar.
            command: the application's.
        """
        self._own = own
        self._command = command
        self._events: deque[Event] = deque()
        self._state = State()
        self._link: Link | None = None
        self._registrar: int | None = None
        self._app: int | None = None
        self._survivors = Survivors()
        self._ignored = processes.ignored_signals()
        self._terminal = processes.has_terminal()
        self._as_json = wants_json(own)
        self._publicity = Publicity(os.environ, self._say)
        self._wakeup = processes.catch_signals()

    def run(self) -> int:
        """Run to the end; returns the exit status."""
        try:
            self._take(machine.begin(time.monotonic(), self._ignored))
            while not self._is_over():
                while self._events and not self._is_over():
                    self._take(machine.react(self._state, self._events.popleft(), time.monotonic()))
                if not self._is_over():
                    self._publicity.publish(self._state)
                    self._wait()
        except Exception:
            terms = self._state.terms
            end_in_disorder(self._app, terms.stop_deadline_s if terms else 1.0)
            raise
        finally:
            self._publicity.remove()
        status = self._state.status
        assert status is not None
        if self._state.terms is not None:
            self._say("info", f"exit status {status}")
        return status

    def _is_over(self) -> bool:
        return self._state.stage is Stage.OVER

    def _take(self, step: Step) -> None:
        self._state, effects = step
        for effect in effects:
            self._do(effect)

    def _wait(self) -> None:
        """Wait for the next thing to happen and make events of it."""
        left_s = min(self._state.next_s, self._survivors.due_s) - time.monotonic()
        poll = select.poll()
        poll.register(self._wakeup, select.POLLIN)
        if self._link is not None:
            poll.register(self._link.descriptor, select.POLLIN)
        ready = poll.poll(int(min(max(0.0, left_s), _LONGEST_S) * 1000) + 1)
        if self._link is not None and any(descriptor == self._link.descriptor for descriptor, _ in ready):
            self._hear(self._link)
        if any(descriptor == self._wakeup for descriptor, _ in ready):
            arrived = os.read(self._wakeup, 4096)
            self._events.extend(Signalled(number) for number in arrived if number != signal.SIGCHLD)
            self._reap()
        if time.monotonic() >= self._survivors.due_s:
            self._look_after_survivors()
        if time.monotonic() >= self._state.next_s:
            self._events.append(Ticked())

    def _hear(self, link: Link) -> None:
        try:
            messages = link.receive()
        except Garbage as error:
            self._close_link()
            self._events.append(BrokeProtocol(str(error)))
            return
        if messages is None:
            self._close_link()
        self._events.extend(Said(message) for message in messages or ())

    def _close_link(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    def _reap(self) -> None:
        """Wait for every child that has ended, whoever its parent was."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
            except ChildProcessError:
                break
            if pid == 0:
                break
            if os.WIFSTOPPED(status):
                self._suspend(pid, os.WSTOPSIG(status))
            elif pid == self._registrar:
                self._lose_registrar(processes.exit_status(status))
            elif pid == self._app:
                self._app = None
                self._survivors.leader_ended()
                self._app_ended(processes.exit_status(status))
            self._survivors.forget(pid)
        self._look_after_survivors()

    def _app_ended(self, status: int) -> None:
        if self._terminal:
            processes.hand_terminal_to(os.getpgrp())
        interrupted = self._terminal and status in _INTERRUPTED
        self._events.append(AppEnded(status, interrupted))

    def _lose_registrar(self, status: int) -> None:
        messages, garbage = ([], None) if self._link is None else self._link.drain()
        self._events.extend(Said(message) for message in messages)
        if garbage is not None:
            self._events.append(BrokeProtocol(garbage))
        self._registrar = None
        self._close_link()
        self._events.append(RegistrarEnded(status))

    def _suspend(self, pid: int, number: int) -> None:
        """Stop as the application did, and wake it up when we are woken: job control of the shell around us."""
        if pid != self._app or number not in _STOPS or os.getpid() == 1:
            return
        if number == signal.SIGTSTP or not processes.has_terminal():
            if self._terminal:
                processes.hand_terminal_to(os.getpgrp())
            os.kill(os.getpid(), signal.SIGSTOP)
        # Where we go on need not be where we were: the shell has a say in it.
        self._terminal = processes.has_terminal()
        if self._terminal:
            processes.hand_terminal_to(pid)
        processes.send(signal.SIGCONT, pid, to_group=True)

    def _look_after_survivors(self) -> None:
        """Pass the last signal on to what has come to us since, and notice when nobody is left."""
        if self._state.app is App.NOT_STARTED or self._app is not None:
            return
        self._survivors.look_after_soon(self._registrar)
        if self._registrar is None and not self._state.alone and not family.has_children():
            self._events.append(Alone())

    def _do(self, effect: Effect) -> None:
        match effect:
            case StartRegistrar(first):
                self._start_registrar(first)
            case StartApp():
                self._start_app()
            case Exec():
                self._exec()
            case Tell(message):
                self._tell(message)
            case SignalApp(number):
                self._signal_app(number)
            case KillRegistrar():
                if self._registrar is not None:
                    processes.send(signal.SIGKILL, self._registrar, to_group=True)
            case Say(level, text):
                self._say(level, text)

    def _tell(self, message: Message) -> None:
        if self._link is not None and not self._link.send(message):
            self._events.append(BrokeProtocol("nothing, and does not read what it is sent"))

    def _say(self, level: str, text: str) -> None:
        terms = self._state.terms
        if terms is None or LEVELS.index(level) >= LEVELS.index(terms.log_level):
            say(level, text, as_json=self._as_json if terms is None else terms.log_as_json)

    def _start_registrar(self, first: Begin) -> None:
        try:
            self._registrar, self._link = self._forked_registrar()
        except OSError as error:
            if error.errno == errno.EMFILE and self._state.app is App.NOT_STARTED:
                raise  # a limit of our own, which no waiting changes
            self._events.append(RegistrarUnstartable(processes.in_words(error)))
        else:
            self._tell(first)

    def _forked_registrar(self) -> tuple[int, Link]:
        link = Link()
        words = [*processes.our_interpreter(), REGISTRAR, *map(str, link.theirs), *self._own]
        try:
            return processes.start_registrar(words, link.theirs), link
        except OSError:
            link.close()
            raise
        finally:
            link.hand_over()

    def _start_app(self) -> None:
        terms = self._state.terms
        if os.getpid() != 1 and not processes.adopt_orphans():
            self._say("debug", "what the application leaves behind cannot be adopted here")
        inheritance = processes.Inheritance(
            ignored=self._ignored,
            terminal=self._terminal,
            parent_death=terms.parent_death if terms else None,
        )
        try:
            self._app = self._survivors.group = processes.start_application(self._command, inheritance)
        except processes.Unstartable as error:
            self._events.append(AppUnstartable(error.status, str(error)))

    def _exec(self) -> None:
        self._publicity.remove()
        ignored = self._ignored
        try:
            processes.hand_back_signals(ignored)
            processes.execute(self._command)
        except OSError as error:
            failed = processes.refusal(self._command[0], error.errno)
            self._events.append(AppUnstartable(failed.status, str(failed)))

    def _signal_app(self, number: int) -> None:
        if self._app is not None:
            self._signal_living(number, self._app)
        if number == signal.SIGKILL:
            kill_all(self._registrar)
        if self._app is None:
            self._survivors.signal(number, self._registrar)
            self._look_after_survivors()

    def _signal_living(self, number: int, app: int) -> None:
        terms, ends = self._state.terms, self._state.stage is Stage.ENDING
        to_group = terms is None or terms.to_group
        if ends and to_group:
            self._survivors.had(number)
        allowed = (processes.send_to_leader if to_group else processes.send)(number, app)
        if not allowed:
            self._events.append(AppOutOfReach(number))
        elif ends and family.state_of(app) == "T":  # only then can it handle the signal
            processes.send(signal.SIGCONT, app)
