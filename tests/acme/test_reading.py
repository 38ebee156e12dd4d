"""Caddy's log about certificates, line by line as 2.11.7 writes it, becomes one state."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.caddy.certificates import TAIL_BYTES, certificates_file, load_issuance
from wizard.core.issuance import Issuance, Problem, State, read_issuance

NAME = "plex.example.com"
REFUSED = 'Get "http://plex.example.com/x": dial tcp 203.0.113.9:80: connect: connection refused'
CLOSED = "Failed to connect to 203.0.113.9:443 for the tls-alpn-01 challenge"
URN = "urn:ietf:params:acme:error:"


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(1_795_000_000 + seconds, UTC)


def line(seconds: float, logger: str, msg: str, **fields: Any) -> str:
    return json.dumps({"level": "info", "ts": 1_795_000_000 + seconds, "logger": logger, "msg": msg, **fields})


def obtain(seconds: float, msg: str, name: str = NAME, **fields: Any) -> str:
    return line(seconds, "tls.obtain", msg, identifier=name, **fields)


def failed(seconds: float, challenge: str, kind: str, words: str, name: str = NAME) -> str:
    problem = {"type": f"{URN}{kind}", "title": "", "detail": words, "instance": "", "subproblems": None}
    return line(
        seconds, "http.acme_client", "challenge failed", identifier=name, challenge_type=challenge, problem=problem
    )


def one_try(seconds: float, attempt: int, name: str = NAME) -> list[str]:
    error = f"HTTP 400 {URN}connection - {REFUSED}"
    whole = f"[{name}] Obtain: [{name}] solving challenge: {name}: [{name}] authorization failed: {error} (ca=https://ca/dir)"
    return [
        obtain(seconds, "obtaining certificate", name),
        failed(seconds + 1, "tls-alpn-01", "unauthorized", CLOSED, name),
        failed(seconds + 2, "http-01", "connection", REFUSED, name),
        obtain(seconds + 2, "could not get certificate from issuer", name, issuer="ca-dir", error=error),
        line(seconds + 2, "tls.obtain", "will retry", error=whole, attempt=attempt, retrying_in=60 * attempt),
    ]


BEGUN = [obtain(0, "acquiring lock"), obtain(0, "lock acquired")]
STARTED = line(-5, "tls.cache.maintenance", "started background certificate maintenance", cache="0x1")
CANCELED = line(50, "tls", "job failed", error=f"{NAME}: obtaining certificate: context canceled")
DONE = obtain(70, "certificate obtained successfully", issuer="ca-dir")


def test_nothing_said_is_nothing_known() -> None:
    assert read_issuance([], NAME) == Issuance(NAME)
    assert read_issuance(one_try(0, 1, "other.example.com"), NAME) == Issuance(NAME)


def test_a_try_that_failed_keeps_what_each_challenge_said_and_when_the_next_one_is() -> None:
    found = read_issuance([STARTED, *BEGUN, *one_try(0, 1)], NAME)
    assert found == Issuance(
        NAME,
        State.WAITING,
        at(0),
        1,
        at(62),
        (Problem(CLOSED, "unauthorized", "tls-alpn-01"), Problem(REFUSED, "connection", "http-01", "ca-dir")),
    )
    assert found.error == REFUSED


def test_the_next_try_keeps_the_last_words_until_it_has_its_own() -> None:
    lines = [*BEGUN, *one_try(0, 1), obtain(62, "obtaining certificate")]
    found = read_issuance(lines, NAME)
    assert (found.state, found.tries, found.next_try_at) == (State.WORKING, 1, None)
    assert found.error == REFUSED
    found = read_issuance([*lines, failed(63, "http-01", "dns", "NXDOMAIN")], NAME)
    assert [problem.words for problem in found.problems] == ["NXDOMAIN"]
    assert read_issuance([*BEGUN, *one_try(0, 1), *one_try(62, 2)], NAME).tries == 2


def test_a_certificate_that_came_ends_all_trouble() -> None:
    found = read_issuance([*BEGUN, *one_try(0, 1), DONE], NAME)
    assert found == Issuance(NAME, State.OBTAINED, at(70))


def test_renewing_is_told_in_the_same_way() -> None:
    renewing = [
        line(100, "tls.renew", "acquiring lock", identifier=NAME),
        line(100, "tls.renew", "renewing certificate", identifier=NAME, remaining=6.3),
    ]
    assert read_issuance([*BEGUN, DONE, *renewing], NAME).state is State.WORKING
    renewed = line(101, "tls.renew", "certificate renewed successfully", identifier=NAME)
    assert read_issuance([*BEGUN, DONE, *renewing, renewed], NAME) == Issuance(NAME, State.OBTAINED, at(101))


def test_what_a_new_configuration_cut_short_is_not_held_against_the_certificate() -> None:
    assert read_issuance([*BEGUN, *one_try(0, 1), CANCELED], NAME) == Issuance(NAME)
    again = [obtain(51, "acquiring lock"), obtain(51, "obtaining certificate")]
    found = read_issuance([*BEGUN, *one_try(0, 1), CANCELED, *again], NAME)
    assert found == Issuance(NAME, State.WORKING, at(51))


def test_what_was_under_way_ends_with_the_process() -> None:
    assert read_issuance([*BEGUN, *one_try(0, 1), STARTED], NAME).state is State.NONE
    assert read_issuance([*BEGUN, DONE, STARTED], NAME).state is State.OBTAINED


def test_a_job_that_ended_for_good_has_failed() -> None:
    ended = line(9, "tls", "job failed", error=f"{NAME}: obtaining certificate: [{NAME}] no space left on device")
    found = read_issuance([*BEGUN, ended], NAME)
    assert (found.state, found.tries) == (State.FAILED, 1)
    assert "no space left" in found.error


def test_caddys_own_words_are_kept_when_no_authority_spoke() -> None:
    words = 'registering account [] with server: performing request: Get "https://ca/dir": dial tcp: no such host'
    lines = [
        *BEGUN,
        line(3, "tls.obtain", "will retry", error=f"[{NAME}] Obtain: {words}", attempt=1, retrying_in=60),
    ]
    (problem,) = read_issuance(lines, NAME).problems
    assert (problem.kind, problem.challenge) == ("", "")
    assert words in problem.words


@pytest.mark.parametrize("broken", ["", "{", "[]", "null", f'"{NAME}"', f'{{"identifier":"{NAME}"}}', "\x00" + NAME])
def test_a_line_that_is_none_counts_for_nothing(broken: str) -> None:
    lines = [*BEGUN, *one_try(0, 1)]
    for place in range(len(lines) + 1):
        assert read_issuance([*lines[:place], broken, *lines[place:]], NAME) == read_issuance(lines, NAME)


@given(st.lists(st.sampled_from([*BEGUN, *one_try(0, 1), CANCELED, DONE, STARTED])))
def test_no_order_of_lines_breaks_it(lines: list[str]) -> None:
    found = read_issuance(lines, NAME)
    assert (found.next_try_at is not None) == (found.state is State.WAITING)
    assert not (found.problems and found.state is State.OBTAINED)


# the file


def test_only_the_end_of_a_long_file_is_read(tmp_path: Path) -> None:
    filler = obtain(0, "x" * 200, "other.example.com") + "\n"
    text = "\n".join([*BEGUN, DONE]) + "\n" + filler * (TAIL_BYTES // len(filler) + 2)
    Path(certificates_file(str(tmp_path))).write_text(text)
    found = load_issuance(str(tmp_path), NAME)
    assert found == Issuance(NAME)
    Path(certificates_file(str(tmp_path))).write_text(text + DONE + "\n")
    found = load_issuance(str(tmp_path), NAME)
    assert found is not None
    assert found.state is State.OBTAINED


def test_lines_in_the_file_before_the_present_one_count_too(tmp_path: Path) -> None:
    (tmp_path / "certificates-2026-11-22T18-00-00.000-size.json").write_text("\n".join([*BEGUN, *one_try(0, 1)]))
    (tmp_path / "certificates-2026-11-21T18-00-00.000-size.json").write_text(DONE)
    (tmp_path / "certificates.json").write_text("")
    found = load_issuance(str(tmp_path), NAME)
    assert found is not None
    assert found.state is State.WAITING


def test_no_log_is_not_the_same_as_a_silent_one(tmp_path: Path) -> None:
    assert load_issuance(str(tmp_path), NAME) is None
    (tmp_path / "certificates.json").touch()
    assert load_issuance(str(tmp_path), NAME) == Issuance(NAME)


def test_a_log_that_cannot_be_read_is_no_log(tmp_path: Path) -> None:
    (tmp_path / "certificates.json").mkdir()
    assert load_issuance(str(tmp_path), NAME) is None
