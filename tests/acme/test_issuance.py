"""A real certificate from a real authority through our configuration, and ways in which it fails, each explained."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acme.asking import NAME, Asking
from tests.caddy_process import OLDER, free_port, start_caddy
from tests.fakes.acme import Acme
from tests.net.dns_server import NameServer
from wizard.checks.issuance_causes import with_cause
from wizard.core.issuance import Issuance, State, read_issuance
from wizard.core.verdicts import Level
from wizard.methods import METHODS


@contextmanager
def other_web_server(port: int) -> Iterator[None]:
    """Somebody else on the port where the authority looks: a router's page that knows nothing of the question."""

    class Router(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(404)
            self.end_headers()
            self.wfile.write(b"<html>Router login</html>")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the parent gave it
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Router) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield
        server.shutdown()
        thread.join(10)


def trust(monkeypatch: pytest.MonkeyPatch, acme: Acme, folder: Path) -> None:
    """Let this process count Pebble among the public authorities."""
    path = folder / "pebble-root.pem"
    path.write_text(acme.root_pem())
    monkeypatch.setenv("SSL_CERT_FILE", str(path))


def test_our_configuration_gets_a_certificate_and_the_check_is_green(
    asking: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = asking.load(asking.edge())
    found = asking.wait(State.OBTAINED)
    assert found.problems == ()
    assert found.since_at is not None
    trust(monkeypatch, asking.acme, tmp_path)
    assert [verdict.code for verdict in asking.tls(host).verdicts] == ["tls-ok"]


def test_the_older_caddy_gets_one_too_and_words_it_the_same(tmp_path: Path, authority: Acme) -> None:
    caddy = start_caddy(tmp_path / "caddy", OLDER)
    try:
        asking = Asking(caddy, authority)
        asking.load(asking.hidden())
        assert asking.wait(State.WAITING).problems
        asking.load(asking.edge())
        asking.wait(State.OBTAINED)
    finally:
        caddy.stop()


def test_without_the_root_of_the_directory_nothing_is_trusted(asking: Asking) -> None:
    host = asking.load(asking.edge(acme_root=""))
    assert asking.explained(host).code == "issuance-authority-untrusted"


def test_the_log_tells_that_it_is_under_way_then_when_the_next_try_is(asking: Asking) -> None:
    asking.load(asking.hidden())
    found = asking.wait(State.WAITING)
    lines = (asking.caddy.log_folder / "certificates.json").read_text().splitlines()
    states = [read_issuance(lines[:number], NAME).state for number in range(len(lines) + 1)]
    assert list(dict.fromkeys(states)) == [State.NONE, State.WORKING, State.WAITING]
    assert found.tries == 1
    assert found.since_at is not None
    assert found.next_try_at is not None
    assert 30 < (found.next_try_at - found.since_at).total_seconds() < 120
    assert found.error


def test_a_port_that_leads_nowhere_is_named_and_opening_it_makes_it_green(
    asking: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = asking.load(asking.hidden())
    told = asking.explained(host)
    assert (told.code, told.level) == ("issuance-unreachable", Level.FAILURE)
    assert NAME in told.summary
    assert "127.0.0.1" in told.summary
    assert "ports 80 and 443" in told.summary
    assert told.remedy is not None
    assert any("CGNAT" in step for step in told.remedy.steps)
    assert any("tries again by itself at" in step for step in told.remedy.steps)
    assert "urn" not in told.summary
    assert "http-01: " in told.detail

    asking.load(asking.edge())
    asking.wait(State.OBTAINED)
    trust(monkeypatch, asking.acme, tmp_path)
    assert asking.tls(host).level is Level.OK


def test_the_row_of_the_certificate_tells_the_cause_in_place_of_none_yet(asking: Asking) -> None:
    edge = asking.hidden()
    host = asking.load(edge)
    found = asking.wait(State.WAITING)
    result = asking.tls(host, edge)
    assert [verdict.code for verdict in result.verdicts] == ["tls-no-certificate"]
    told = with_cause(result, found, host, METHODS["direct"])
    assert [verdict.code for verdict in told.verdicts] == ["issuance-unreachable"]
    assert "from this machine" in told.verdicts[0].detail
    assert "From Caddy's own log" in told.verdicts[0].detail
    assert with_cause(result, None, host, METHODS["direct"]) == result
    assert with_cause(result, Issuance(NAME), host, METHODS["direct"]) == result


def test_a_name_that_does_not_exist_is_named_and_adding_it_makes_it_green(tmp_path: Path) -> None:
    records: dict[tuple[str, str], tuple[str, ...]] = {}
    with NameServer(records) as names, Acme(tmp_path / "acme", nameserver=names.address) as acme:
        caddy = start_caddy(tmp_path / "caddy")
        try:
            asking = Asking(caddy, acme)
            host = asking.load(asking.edge())
            told = asking.explained(host)
            assert told.code == "issuance-name-not-found"
            assert told.remedy is not None
            assert "A record for plex.example.com" in " ".join(told.remedy.steps)

            records[(NAME, "A")] = ("127.0.0.1",)
            asking.load(asking.edge())
            asking.wait(State.OBTAINED)
        finally:
            caddy.stop()


def test_a_name_server_that_fails_is_told_from_a_port_that_is_closed(asking: Asking) -> None:
    asking.acme.records.fail(NAME)
    try:
        # Pebble words every failure to look a name up in the same way; Let's Encrypt says SERVFAIL
        assert asking.explained(asking.load(asking.edge())).code == "issuance-name-not-found"
    finally:
        asking.acme.records.heal(NAME)


def test_another_server_that_answers_is_named_and_taking_it_away_makes_it_green(asking: Asking) -> None:
    with other_web_server(asking.acme.http_port):
        host = asking.load(asking.hidden())
        told = asking.explained(host)
        assert told.code == "issuance-other-server"
        assert "returned 404" in told.detail
    asking.load(asking.edge())
    asking.wait(State.OBTAINED)


def test_a_directory_that_does_not_answer_is_named_and_correcting_it_makes_it_green(asking: Asking) -> None:
    host = asking.load(asking.edge(acme_ca=f"https://localhost:{free_port()}/dir"))
    told = asking.explained(host)
    assert told.code == "issuance-authority-unreachable"
    assert "connection refused" in told.detail
    asking.load(asking.edge())
    asking.wait(State.OBTAINED)


def test_a_name_that_the_authority_never_issues_for_is_named(asking: Asking) -> None:
    host = asking.load(asking.edge(), "blocked.example.com")
    assert asking.explained(host).code == "issuance-name-refused"


def test_an_authority_that_wants_an_account_is_named(tmp_path: Path) -> None:
    with Acme(tmp_path / "acme", needs_account_key=True) as acme:
        caddy = start_caddy(tmp_path / "caddy")
        try:
            asking = Asking(caddy, acme)
            assert asking.explained(asking.load(asking.edge())).code == "issuance-account"
        finally:
            caddy.stop()


def test_a_log_that_was_rolled_a_moment_ago_still_tells_everything(asking: Asking) -> None:
    path = asking.caddy.log_folder / "certificates.json"
    path.write_text('{"level":"info","msg":"filler"}\n' * 80_000)  # over 2 MiB: Caddy rolls it at the next line
    asking.load(asking.edge())
    asking.wait(State.OBTAINED)
    files = sorted(file.name for file in asking.caddy.log_folder.glob("certificates*"))
    assert len(files) == 2
    assert path.stat().st_mode & 0o777 == 0o640
