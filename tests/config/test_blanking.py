"""A hook's log does not spread the secrets that a file should not hold."""

import pytest

from runner.values.secret import blank_literals


@pytest.mark.parametrize(
    ("line", "blanked"),
    [
        ('url: "http://user:pa55@h/x"', 'url: "http://*********@h/x"'),
        ('auth: {bearer: "tok-s3cr3t"}', 'auth: {bearer: "**********"}'),
        ("password: hunter22, a: 1", "password: ********, a: 1"),
        ("Authorization: abc123def", "Authorization: *********"),
    ],
)
def test_what_looks_like_a_literal_secret_is_blanked_at_its_length(line: str, blanked: str) -> None:
    assert blank_literals(line) == blanked


@pytest.mark.parametrize(
    "line",
    [
        "token: {env: TOKEN, secret: true}",
        "capture: {token: access_token}",
        'password: "${var.password}"',
        'url: "http://127.0.0.1:6420/a@b"',
        "secret: true",
        "bearer: ${file:/run/secrets/t0ken}",
    ],
)
def test_what_is_no_literal_secret_stays(line: str) -> None:
    assert blank_literals(line) == line
