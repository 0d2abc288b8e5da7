"""Several addresses of one endpoint: what belongs to one of them, and what holds for the round."""

from support.harness import play

from runner.model.secret import reveal

TWO = 'endpoints: {e: {urls: ["http://u1:pass-one1@one", "http://two"]%s}}\n'
REGISTRATION = "registrations: {r: {request: {method: PUT, path: /r}}}\n"
LOGIN = ', login: {request: {method: POST, path: /token}, capture: {t: t}}, headers: {X: "${login.t}"}'


def test_credentials_in_an_address_go_to_no_other_address() -> None:
    played = play("version: 1\n" + TWO % "" + REGISTRATION, "[{error: connect-refused}, {status: 200}]")
    headers = [{name for name, _ in each.request.headers} for each in played.sent]

    assert [reveal(each.request.url) for each in played.sent] == ["http://one/r", "http://two/r"]
    assert ["Authorization" in names for names in headers] == [True, False]


def test_what_one_address_asks_to_wait_holds_for_its_round() -> None:
    given = "[{status: 429, headers: {Retry-After: '2'}}, {error: connect-refused}, {status: 200}]"
    played = play("version: 1\n" + TWO % "" + REGISTRATION, given)

    assert played.times_s[1] == 0
    assert played.times_s[2] >= 2


def test_a_step_begins_where_the_login_before_it_got_through() -> None:
    given = "[{step: login, error: connect-refused}, {step: login, body: {t: abcdef}}, {step: register}]"
    played = play("version: 1\n" + TWO % LOGIN + REGISTRATION, given)

    assert reveal(played.sent[-1].request.url) == "http://two/r"


def test_an_attempt_that_an_interruption_cut_off_is_in_the_report() -> None:
    played = play("version: 1\n" + TWO % "" + REGISTRATION, "[{status: 200, latency: 10s}]", interrupt_at_s=1)
    (attempt,) = played.outcome.attempts

    assert (attempt.error_kind, attempt.processed) == ("cancelled", "maybe")
