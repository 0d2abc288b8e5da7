"""Every way in which TLS can fail, before and after the handshake, and the files behind it."""

import datetime as dt
import os
import ssl
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from support.lab import (
    HOST,
    LIMITS,
    OK,
    QUICK,
    SHORT,
    Behaviour,
    Server,
    Visit,
    request,
    send,
    transport,
    unheard,
)

from runner.adapters.http import authorities, connecting, tls
from runner.language.terms import Processed
from runner.model.bound import BoundTls
from runner.model.exchange import Exchange, Limits, Response, TransportFailure

Run = Callable[[Any], Any]
PROTOCOL_VERSION_ALERT = b"\x15\x03\x01\x00\x02\x02\x46"


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(ca: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return str(path)


def server_side(ca: trustme.CA, *names: str, **changes: Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*(names or (HOST,)), **changes).configure_cert(context)
    return context


def asking_for_a_certificate(ca: trustme.CA, version: ssl.TLSVersion) -> ssl.SSLContext:
    context = server_side(ca)
    context.minimum_version = context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED
    ca.configure_trust(context)
    return context


async def answering(visit: Visit) -> None:
    while True:
        await visit.answer(OK)


def after_the_hello(then: str, reply: bytes = b"") -> Behaviour:
    async def behave(visit: Visit) -> None:
        await visit.reader.read(1)
        if reply:
            await visit.send(reply)
        if then == "close":
            await visit.reader.read(100_000)
            visit.close()
        elif then == "reset":
            visit.reset()
        else:
            await visit.hang()

    return behave


def assert_failed(result: Exchange, kinds: str, processed: Processed, says: str = "") -> None:
    assert isinstance(result, TransportFailure), result
    assert result.kind in kinds.split(), result
    assert result.processed is processed, result
    assert says in result.message, result


def exchange(
    run: Run, behave: Behaviour, context: ssl.SSLContext | None, tls: BoundTls, **changes: Any
) -> tuple[Exchange, tuple[int, int, int]]:
    """Send one request over TLS and return what came of it and what the server saw."""

    async def case() -> tuple[Exchange, tuple[int, ...]]:
        async with Server(behave, context) as server:
            url = server.url.replace("http://", "https://")
            return await send(url, on={"tls": tls}, **changes), tuple(server.counts)

    result: tuple[Exchange, tuple[int, int, int]] = run(case())
    return result


def test_a_certificate_of_the_named_authority_is_trusted(run: Run, ca: trustme.CA, ca_file: str) -> None:
    result, seen = exchange(run, answering, server_side(ca), BoundTls(ca_file=ca_file))
    assert isinstance(result, Response), result
    assert seen == (1, 1, 1)


@pytest.mark.parametrize(
    ("names", "changes", "trusting", "says"),
    [
        ((), {}, False, "unable to get local issuer certificate"),
        (("other.test",), {}, True, "certificate is not valid for '127.0.0.1'"),
        (
            (),
            {"not_after": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)},
            True,
            "certificate has expired",
        ),
    ],
    ids=["unknown authority", "another name", "expired"],
)
def test_a_certificate_that_does_not_stand_the_check_is_not_trusted(
    names: tuple[str, ...],
    changes: dict[str, Any],
    trusting: bool,
    says: str,
    run: Run,
    ca: trustme.CA,
    ca_file: str,
) -> None:
    side = BoundTls(ca_file=ca_file if trusting else None)
    result, seen = exchange(run, answering, server_side(ca, *names, **changes), side)
    assert_failed(result, "tls-verify", Processed.NEVER, says)
    assert isinstance(result, TransportFailure)
    assert "is not trusted" in result.message
    assert seen[1:] == (0, 0)


def test_the_name_to_check_can_be_given(run: Run, ca: trustme.CA, ca_file: str) -> None:
    side = BoundTls(ca_file=ca_file, server_name="other.test")
    result, _ = exchange(run, answering, server_side(ca, "other.test"), side)
    assert isinstance(result, Response), result


def test_the_check_can_be_switched_off(run: Run, ca: trustme.CA) -> None:
    result, _ = exchange(run, answering, server_side(ca, "other.test"), BoundTls(verify=False))
    assert isinstance(result, Response), result


def test_without_any_authority_installed_the_message_says_so(
    run: Run, ca: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "no_authorities_installed", lambda: True)
    result, _ = exchange(run, answering, server_side(ca), BoundTls())
    assert_failed(result, "tls-verify", Processed.NEVER, "no CA certificates are installed;")


def test_an_empty_store_of_authorities_is_recognised(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ca_file: str
) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    assert authorities.no_authorities_installed()
    monkeypatch.setenv("SSL_CERT_FILE", ca_file)
    assert not authorities.no_authorities_installed()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert not authorities.no_authorities_installed()


@pytest.mark.parametrize(
    ("variable", "is_trusted"), [("UNRELATED", True), ("SSL_CERT_FILE", False), ("SSL_CERT_DIR", False)]
)
def test_where_openssl_finds_nobody_the_places_of_other_systems_are_looked_at(
    run: Run,
    ca: trustme.CA,
    ca_file: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    is_trusted: bool,
) -> None:
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda *_: None)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: SimpleNamespace(capath=None))
    monkeypatch.setattr(authorities, "PLACES", [str(tmp_path / "none"), ca_file])
    for each in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv(variable, str(tmp_path))
    result, _ = exchange(run, answering, server_side(ca), BoundTls())

    assert isinstance(result, Response) == is_trusted, result


@pytest.mark.parametrize(
    ("behave", "kinds", "says", "limits"),
    [
        (after_the_hello("hang", PROTOCOL_VERSION_ALERT), "tls-handshake", "alert protocol version", LIMITS),
        (
            after_the_hello("hang", b"HTTP/1.1 400 No\r\n\r\n"),
            "tls-handshake",
            "may speak plain http",
            LIMITS,
        ),
        (after_the_hello("close"), "tls-handshake", "handshake", LIMITS),
        (after_the_hello("reset"), "tls-handshake", "handshake", LIMITS),
        (after_the_hello("hang"), "connect-timeout", "within 0.3 s", QUICK),
        (after_the_hello("hang"), "total-timeout", "no connection", SHORT),
    ],
    ids=["version", "plain http", "fin", "rst", "hang, connect limit", "hang, attempt limit"],
)
def test_a_handshake_that_fails_has_sent_nothing(
    behave: Behaviour, kinds: str, says: str, limits: Limits, run: Run
) -> None:
    result, seen = exchange(run, behave, None, BoundTls(), limits=limits)
    assert_failed(result, kinds, Processed.NEVER, says)
    assert seen[1:] == (0, 0)


def test_a_client_certificate_refused_in_the_handshake_has_sent_nothing(
    run: Run, ca: trustme.CA, ca_file: str
) -> None:
    context = asking_for_a_certificate(ca, ssl.TLSVersion.TLSv1_2)
    result, seen = exchange(run, answering, context, BoundTls(ca_file=ca_file))
    assert_failed(result, "tls-handshake", Processed.NEVER)
    assert seen[1:] == (0, 0)


def test_a_client_certificate_refused_after_the_handshake_may_have_been_anything(
    run: Run, ca: trustme.CA, ca_file: str
) -> None:
    context = asking_for_a_certificate(ca, ssl.TLSVersion.TLSv1_3)
    result, seen = exchange(run, answering, context, BoundTls(ca_file=ca_file))
    # The reset that follows the alert can overtake it.
    assert_failed(result, "tls-alert-after-handshake disconnected-before-response", Processed.MAYBE)
    assert seen[1:] == (0, 0)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("one_file", [True, False])
def test_a_client_certificate_is_shown(
    version: ssl.TLSVersion, one_file: bool, run: Run, ca: trustme.CA, ca_file: str, tmp_path: Path
) -> None:
    own = ca.issue_cert("client.test")
    own.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "both.pem"))
    own.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    own.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    side = BoundTls(
        ca_file=ca_file,
        cert_file=str(tmp_path / ("both.pem" if one_file else "cert.pem")),
        key_file=None if one_file else str(tmp_path / "key.pem"),
    )
    result, seen = exchange(run, answering, asking_for_a_certificate(ca, version), side)
    assert isinstance(result, Response), result
    assert seen == (1, 1, 1)


def test_a_connection_dropped_beneath_tls_is_a_lost_connection(
    run: Run, ca: trustme.CA, ca_file: str
) -> None:
    async def dropping(visit: Visit) -> None:
        await visit.request()
        visit.writer.transport.abort()

    result, seen = exchange(run, dropping, server_side(ca), BoundTls(ca_file=ca_file))
    assert_failed(result, "disconnected-before-response", Processed.MAYBE)
    assert seen == (1, 1, 1)


def test_a_body_cut_beneath_tls_is_a_cut_body(run: Run, ca: trustme.CA, ca_file: str) -> None:
    async def cutting(visit: Visit) -> None:
        await visit.answer(OK[:-4])
        visit.writer.transport.abort()

    result, _ = exchange(run, cutting, server_side(ca), BoundTls(ca_file=ca_file))
    assert_failed(result, "disconnected-mid-body", Processed.STARTED)
    assert isinstance(result, TransportFailure)
    assert result.status == 200


def test_a_broken_record_after_the_request_is_an_alert(run: Run, ca: trustme.CA, ca_file: str) -> None:
    async def breaking(visit: Visit) -> None:
        await visit.request()
        visit.raw_write(b"this is no record of TLS")
        await visit.hang()

    result, seen = exchange(run, breaking, server_side(ca), BoundTls(ca_file=ca_file))
    assert_failed(result, "tls-alert-after-handshake", Processed.MAYBE, "ended after the handshake")
    assert seen == (1, 1, 1)


def test_plain_http_to_a_tls_server_is_a_lost_connection(run: Run, ca: trustme.CA) -> None:
    async def case() -> None:
        async with Server(answering, server_side(ca)) as server:
            result = await send(server.url.replace("https://", "http://"))
            # Some servers' libraries say it in TLS, which is not HTTP.
            assert_failed(result, "disconnected-before-response protocol-error", Processed.MAYBE)
            assert server.counts.requests == 0

    run(case())


def test_tls_is_at_least_of_version_1_2(ca_file: str) -> None:
    for side in (BoundTls(), BoundTls(ca_file=ca_file), BoundTls(verify=False)):
        assert tls.ClientTls(side).context().minimum_version is ssl.TLSVersion.TLSv1_2


def unusable(tmp_path: Path, ca: trustme.CA) -> dict[str, tuple[BoundTls, str]]:
    junk, key, cert, locked = (tmp_path / name for name in ("junk.pem", "key.pem", "cert.pem", "locked.pem"))
    junk.write_text("junk")
    ca.issue_cert("one.test").private_key_pem.write_to_path(str(key))
    ca.issue_cert("two.test").cert_chain_pems[0].write_to_path(str(cert))
    locked.write_bytes(_encrypted_key())
    missing = str(tmp_path / "missing.pem")
    return {
        "no CA file": (BoundTls(ca_file=missing), "missing.pem cannot be read: No such file or directory"),
        "a directory": (BoundTls(ca_file=str(tmp_path)), "cannot be read: Is a directory"),
        "junk as CA file": (BoundTls(ca_file=str(junk)), "junk.pem holds no certificate"),
        "no certificate": (BoundTls(cert_file=missing), "missing.pem cannot be read"),
        "no key": (BoundTls(cert_file=str(cert), key_file=missing), "missing.pem cannot be read"),
        "no key in it": (BoundTls(cert_file=str(cert)), "do not fit together"),
        "another's key": (BoundTls(cert_file=str(cert), key_file=str(key)), "do not fit together"),
        "a locked key": (BoundTls(cert_file=str(cert), key_file=str(locked)), "needs a passphrase"),
    }


def _encrypted_key() -> bytes:
    form = serialization.PrivateFormat.PKCS8
    lock = serialization.BestAvailableEncryption(b"passphrase")
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(serialization.Encoding.PEM, form, lock)


@pytest.mark.parametrize(
    "name",
    [
        "no CA file",
        "a directory",
        "junk as CA file",
        "no certificate",
        "no key",
        "no key in it",
        "another's key",
        "a locked key",
    ],
)
def test_files_that_cannot_be_used_refuse_the_request_by_name(
    name: str, run: Run, ca: trustme.CA, tmp_path: Path
) -> None:
    side, says = unusable(tmp_path, ca)[name]
    result, seen = exchange(run, answering, server_side(ca), side)
    assert_failed(result, "request-invalid", Processed.NEVER, says)
    assert seen == (0, 0, 0)


def test_plain_http_does_not_look_at_the_files(run: Run) -> None:
    async def case() -> None:
        async with Server(answering) as server:
            assert isinstance(await send(server.url, on={"tls": BoundTls(ca_file="/missing.pem")}), Response)

    run(case())


def test_a_renewed_file_is_read_again(run: Run, ca: trustme.CA, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(path))
    os.utime(path, (1, 1))

    async def case() -> None:
        async with (
            Server(answering, server_side(ca)) as server,
            transport(tls=BoundTls(ca_file=str(path))) as made,
        ):
            assert_failed(
                await made.send(request(server.url), LIMITS, unheard), "tls-verify", Processed.NEVER
            )
            ca.cert_pem.write_to_path(str(path))
            for _ in range(2):
                assert isinstance(await made.send(request(server.url), LIMITS, unheard), Response)
            assert tuple(server.counts)[1:] == (2, 2)

    run(case())


def test_a_pipe_in_the_place_of_the_system_s_authorities_is_not_waited_for(
    run: Run, ca: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "pipe"))

    async def case() -> None:
        async with Server(answering, server_side(ca)) as server:
            failed = await send(server.url)
            assert_failed(failed, "request-invalid", Processed.NEVER)
            assert isinstance(failed, TransportFailure)
            assert "no regular file" in failed.message

    run(case())


def test_the_keys_of_a_connection_are_written_nowhere(
    run: Run, ca: trustme.CA, ca_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))

    async def case() -> None:
        async with Server(answering, server_side(ca)) as server:
            assert isinstance(await send(server.url, on={"tls": BoundTls(ca_file=ca_file)}), Response)

    run(case())
    assert not (tmp_path / "keys").exists()
    assert os.environ["SSLKEYLOGFILE"] == str(tmp_path / "keys")
