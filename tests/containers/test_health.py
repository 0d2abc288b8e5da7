"""The health check of the image: not before the registrations stand, and only while they do."""

from containers.conftest import Start
from support.container_files import enlist_yaml
from support.image import IMAGE

APP = ("python3", "/srv/app.py", "--at-term=end")


def test_a_container_is_healthy_once_it_is_registered(start: Start) -> None:
    container = start(*APP, enlist=enlist_yaml(beat=True))
    container.await_words("app: PUT /beats/web")
    asked = container.podman.run("healthcheck", "run", container.id, check=False)

    assert asked.returncode == 0, asked.stderr + container.log


def test_a_container_that_still_tries_is_alive_and_not_healthy(start: Start) -> None:
    patient = "{deadline: 60s, attempts: unlimited, backoff: {initial: 50ms, max: 200ms}}"
    container = start(*APP, "--answer=503", enlist=enlist_yaml(policy=patient))
    container.await_words("app: PUT /services/web")
    asked = container.podman.run("healthcheck", "run", container.id, check=False)

    assert asked.returncode == 1, container.log
    assert container.execute("enlist", "status", "--live").returncode == 0
    assert container.stop(20)[1] < 13, "it does not finish waiting"


def test_the_example_registers_beats_and_deregisters_at_a_consul_that_starts_later(start: Start) -> None:
    # The application of the example serves files: nobody answers as Consul but a second process, started late.
    container = start(image=IMAGE, options=("--volume=/dev/null:/srv/index.html:ro",))
    container.await_words("unreachable")
    container.podman.run("exec", "--detach", container.id, "python3", "-c", _CONSUL)
    container.await_words("service: registered after")
    healthy = container.podman.run("healthcheck", "run", container.id, check=False).returncode
    status, _ = container.stop(20)

    assert (healthy, status) == (0, 143), container.log
    assert "service: deregistered" in container.log


_CONSUL = """
from http.server import BaseHTTPRequestHandler, HTTPServer
class Agent(BaseHTTPRequestHandler):
    def do_PUT(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(200); self.send_header("Content-Length", "0"); self.end_headers()
    do_GET = do_PUT
HTTPServer(("127.0.0.1", 8500), Agent).serve_forever()
"""
