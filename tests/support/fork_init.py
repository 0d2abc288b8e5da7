"""One interpreter that has loaded init, and runs it again and again, each time in a process of its own.

A start costs an interpreter and a registrar; where hundreds of runs differ only in how the application ends, what
they test is init alone. The init is the real one, the registrar is one that says at once that all is well.
It runs as ``python -I fork_init.py SCRIPT...`` and prints the exit status of each shell script's run.
"""

import os
import sys

from runner.pid1 import processes
from runner.pid1.main import main
from runner.pid1.protocol import VERSION, Hello, Terms, Verdict, encode

TERMS = Terms(
    register="at_once",
    keep_running=False,
    execs=False,
    stop_deadline_s=9.0,
    deregister_s=2.0,
    drain_s=0.0,
    stop_signal=None,
    to_group=True,
    rewrite={},
    parent_death=None,
    log_as_json=False,
    log_level="info",
    file="enlist.yaml",
)


def start_registrar(words: list[str], pipes: tuple[int, int]) -> int:  # noqa: ARG001 - the words of a real one
    """Start a process that says its lines and ends."""
    pid = os.fork()
    if pid == 0:
        os.write(pipes[1], encode(Hello(VERSION, "plan")) + encode(TERMS) + encode(Verdict(0, "")))
        os._exit(0)
    return pid


def status_of_run(script: str) -> int:
    """Run a script as the application of an init of its own."""
    pid = os.fork()
    if pid == 0:
        os._exit(main(["enlist.yaml"], ["/bin/sh", "-c", script]))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


processes.start_registrar = start_registrar
for each in sys.argv[1:]:
    sys.stdout.write(f"{status_of_run(each)}\n")
    sys.stdout.flush()
