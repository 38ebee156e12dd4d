"""The stand-in Plex as a process of its own, with its control endpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.fakes.authority import Authority
from tests.fakes.plex import Plex, main
from tests.fakes.plex_process import PlexProcess


@pytest.fixture(scope="module")
def process() -> Iterator[PlexProcess]:
    with PlexProcess("--name", "Attic", "--token", "secret", "--notify-seconds", "0") as running:
        yield running


def test_a_process_tells_where_it_listens_and_who_it_is(process: PlexProcess, http: requests.Session) -> None:
    answer = http.get(f"{process.url}/identity", headers={"Accept": "application/json"}, timeout=10)
    assert answer.json()["MediaContainer"]["machineIdentifier"] == process.about["machine_identifier"]
    front = http.get(f"{process.url}/?X-Plex-Token=secret", headers={"Accept": "application/json"}, timeout=10)
    assert front.json()["MediaContainer"]["friendlyName"] == "Attic"


def test_the_control_endpoint_tells_what_was_seen(process: PlexProcess, http: requests.Session) -> None:
    process.ask("DELETE", "/seen")
    http.get(f"{process.url}/identity", headers={"X-Plex-Product": "Test", "X-Plex-Token": ""}, timeout=10)
    (seen,) = process.seen()
    assert seen["path"] == "/identity"
    assert ["X-Plex-Product", "Test"] in seen["headers"]
    assert ["X-Plex-Token", ""] in seen["headers"]
    assert (seen["locality_rule"], seen["access"], seen["status"]) == ("loopback", "refused", 200)
    assert process.seen(since=seen["number"]) == []


def test_the_control_endpoint_changes_behaviour_and_preferences(process: PlexProcess, http: requests.Session) -> None:
    process.change(behaviour="error-500")
    assert http.get(f"{process.url}/identity", timeout=10).status_code == 500
    process.change(behaviour="normal")
    process.prefer(customConnections="https://plex.example.org:443")
    assert process.ask("GET", "/preferences")["customConnections"] == "https://plex.example.org:443"
    assert process.ask("GET", "/settings")["behaviour"] == "normal"
    assert process.ask("GET", "/frames") == []
    assert process.ask("POST", "/notify", {"kind": "timeline"})["name"] == "Attic"
    assert process.ask("DELETE", "/sessions")["name"] == "Attic"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("GET", "/nothing", None), ("PATCH", "/settings", {"colour": "blue"}), ("PATCH", "/preferences", {"colour": 1})],
)
def test_the_control_endpoint_says_what_it_does_not_understand(
    process: PlexProcess, method: str, path: str, body: dict[str, object] | None
) -> None:
    with pytest.raises(requests.HTTPError, match="400"):
        process.ask(method, path, body)


def test_a_process_keeps_its_state_and_its_own_certificate(tmp_path: Path, http: requests.Session) -> None:
    arguments = ("--state", str(tmp_path / "plex.json"), "--secure", "required", "--unclaimed")
    with PlexProcess(*arguments) as first:
        before = first.about
        with pytest.raises(requests.ConnectionError):
            http.get(f"{first.url}/identity", timeout=10)
    with PlexProcess("--state", str(tmp_path / "plex.json")) as second:
        same = ("machine_identifier", "server_name", "certificate_sha256", "ca_pem")
        assert [second.about[key] for key in same] == [before[key] for key in same]
        assert second.ask("GET", "/preferences")["secureConnections"] == 0


def test_a_process_presents_the_certificate_it_is_given(
    tmp_path: Path, authority: Authority, trust: Callable[[str], str], http: requests.Session
) -> None:
    files = authority.issue("127.0.0.1").write(tmp_path)
    with PlexProcess("--cert", str(files.certificate), "--key", str(files.key)) as process:
        url = f"{process.about['https_url']}/identity"
        assert http.get(url, verify=trust(authority.certificate_pem), timeout=10).status_code == 200


def test_a_port_that_is_taken_ends_the_process(plex: Plex) -> None:
    with pytest.raises(RuntimeError, match="did not start"), PlexProcess("--port", str(plex.port)):
        pass


@pytest.mark.parametrize("arguments", [["--cert", "leaf.crt"], ["--behaviour", "dancing"], ["--secure", "perhaps"]])
def test_a_command_line_that_does_not_fit_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
