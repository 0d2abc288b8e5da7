"""``enlist test``: what is printed of a test that fails is what one needs to mend the policy or the test."""

from pathlib import Path

from support.process import Enlist

FILE = """\
version: 1
endpoints: {e: {url: "http://h"}}
retry_policies: {default: {attempts: 60, deadline: 5m, backoff: {initial: 1s, max: 1s, jitter: none}}}
registrations: {r: {request: {method: PUT, path: /r}}}
tests:
  - name: it comes in the end
    given: [{error: connect-refused, times: 58}, {status: 403, body: {message: the pool is closed}}]
    then: {outcome: registered}
"""


def test_a_long_story_is_folded_in_its_middle_and_its_end_is_whole(enlist: Enlist, tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(FILE)
    ended = enlist("test", "f.yaml")
    lines = [line.strip() for line in ended.out.splitlines()]

    assert ended.status == 1
    assert len(lines) < 30
    assert any("r.register #1 unreachable: " in line for line in lines)
    assert not any("#30 " in line for line in lines)
    assert any("the same 46 more times" in line for line in lines)
    assert any('#59: failed (denied): answered 403 Forbidden "the pool is closed"' in line for line in lines)
