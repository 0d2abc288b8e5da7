"""What a registrar usually says to init of the lifecycle, for tests that change a part of it."""

from runner.pid1.protocol import Terms

USUAL = Terms(
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
    file="/etc/enlist.yaml",
)
