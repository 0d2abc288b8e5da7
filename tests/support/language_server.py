"""The YAML language server that editors run, spoken to as they do: JSON-RPC over its standard streams.

Every wait has an end, and nothing it does needs a network: it knows the bundled schema and no other.
"""

import json
import os
import queue
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from support.npm_install import NoNpmError, cache_folder, npm_install, only_one

VERSIONS = ("1.19.2", "2.0.0")
"""The last one that knew draft-07 only, as many editors still bring it, and the current one."""
ANSWERS_WITHIN_S = 20.0
SCHEMA = Path(__file__).parents[2] / "schemas" / "enlist.v1.schema.json"
_NOWHERE = "http://127.0.0.1:9"
_SETTINGS: dict[str, Any] = {
    "yaml": {
        "schemas": {SCHEMA.as_uri(): ["enlist.yaml", "*.enlist.yaml"]},
        "schemaStore": {"enable": False},
        "kubernetesCRDStore": {"enable": False},
        "validate": True,
        "hover": True,
        "completion": True,
    },
    "http": {"proxy": _NOWHERE},
}
_CAPABILITIES = {"workspace": {"configuration": True}, "textDocument": {"hover": {}, "completion": {}}}


def installed_server(version: str) -> Path:
    """Return the server's script, installed now if it is not there.

    Raises:
        NoNpmError: it is not there and there is no npm, or there is no Node to run it.
        InstallError: npm failed.
    """
    if shutil.which("node") is None:
        raise NoNpmError("there is no node to run yaml-language-server with")
    folder = cache_folder(f"yaml-language-server-{version}")
    script = folder / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
    with only_one(folder / ".lock"):
        if not script.exists():
            npm_install(folder, f"yaml-language-server@{version}")
    return script


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One squiggle in the editor, its line counted from 1."""

    line: int
    words: str
    source: str


class LanguageServer:
    """A server under way. Ended with ``end``."""

    def __init__(self, script: Path, log: Path) -> None:
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                ["node", str(script), "--stdio"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={"PATH": os.environ["PATH"], "HOME": str(log.parent), "HTTPS_PROXY": _NOWHERE},
            )
        self._log = log
        self._arrived: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._published: dict[str, list[dict[str, Any]]] = {}
        self._last_id = self._opened = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._begin()

    def open(self, text: str, *, folder: str = "file:///open", ending: str = ".enlist.yaml") -> str:
        """Open a document that was never open before; returns its address."""
        self._opened += 1
        uri = f"{folder}/{self._opened}{ending}"
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._send("textDocument/didOpen", {"textDocument": document})
        return uri

    def marks(self, uri: str) -> list[Mark]:
        """Wait until an open document is judged; returns what is marked in it, in the order of the lines."""
        until_s = time.monotonic() + ANSWERS_WITHIN_S
        while uri not in self._published:
            self._take_one(until_s)
        found = [
            Mark(line=each["range"]["start"]["line"] + 1, words=each["message"], source=each["source"])
            for each in self._published[uri]
        ]
        return sorted(found, key=lambda mark: mark.line)

    def complete(self, uri: str, line: int, column: int) -> set[str]:
        """Return what is offered at a place of an open document, both counted from 1."""
        found = self._ask("textDocument/completion", _place(uri, line, column))
        return {item["label"] for item in found["items"]}

    def hover(self, uri: str, line: int, column: int) -> str:
        """Return what the editor shows for a place of an open document, both counted from 1."""
        found = self._ask("textDocument/hover", _place(uri, line, column))
        text: str = found["contents"]["value"] if found else ""
        return text.replace("\\", "").replace("&nbsp;", " ")

    def end(self) -> None:
        """Leave nothing behind."""
        self._process.kill()
        self._process.wait(ANSWERS_WITHIN_S)
        self._reader.join(ANSWERS_WITHIN_S)
        for stream in (self._stdin, self._stdout):
            stream.close()

    @property
    def _stdin(self) -> BinaryIO:
        assert self._process.stdin is not None
        return self._process.stdin  # type: ignore[return-value]  # the stubs say IO[bytes]

    @property
    def _stdout(self) -> BinaryIO:
        assert self._process.stdout is not None
        return self._process.stdout  # type: ignore[return-value]  # the stubs say IO[bytes]

    def _begin(self) -> None:
        """Shake hands, and wait until the settings hold: what is opened sooner is judged by no schema."""
        self._ask("initialize", {"processId": os.getpid(), "rootUri": None, "capabilities": _CAPABILITIES})
        self._send("initialized", {})
        self._send("workspace/didChangeConfiguration", {"settings": _SETTINGS})
        until_s = time.monotonic() + ANSWERS_WITHIN_S
        while not self.marks(self.open("version: 2\n")):
            assert time.monotonic() < until_s, "it never took the settings"

    def _ask(self, method: str, params: dict[str, Any]) -> Any:
        self._last_id += 1
        self._write({"id": self._last_id, "method": method, "params": params})
        until_s = time.monotonic() + ANSWERS_WITHIN_S
        while True:
            message = self._take_one(until_s)
            if message.get("id") == self._last_id and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def _send(self, method: str, params: dict[str, Any]) -> None:
        self._write({"method": method, "params": params})

    def _write(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._stdin.flush()

    def _take_one(self, until_s: float) -> dict[str, Any]:
        """Wait for a message, and do with it what an editor does."""
        try:
            message = self._arrived.get(timeout=max(0.0, until_s - time.monotonic()))
        except queue.Empty:
            message = None
        assert message is not None, f"the language server says nothing more:\n{self._log.read_text()}"
        method = message.get("method")
        if method == "textDocument/publishDiagnostics":
            self._published[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif method == "workspace/configuration":
            wanted = [_SETTINGS.get(item["section"]) for item in message["params"]["items"]]
            self._write({"id": message["id"], "result": wanted})
        elif method is not None and "id" in message:
            self._write({"id": message["id"], "result": None})
        return message

    def _read(self) -> None:
        while (length := _length(self._stdout)) is not None:
            self._arrived.put(json.loads(self._stdout.read(length)))
        self._arrived.put(None)


def _length(stream: BinaryIO) -> int | None:
    """Read one message's head; returns how long its body is, or none at the end."""
    length = None
    while head := stream.readline().strip():
        name, _, value = head.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return length


def _place(uri: str, line: int, column: int) -> dict[str, Any]:
    return {"textDocument": {"uri": uri}, "position": {"line": line - 1, "character": column - 1}}
