"""Apply: written only when new, tried out first, verified, and taken back when hosts that worked do not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.caddy.canned import answering
from tests.caddy.talk import DOMAIN, ECHO, Stage, proxy_host, wait_for_tls
from tests.caddy_process import VERSIONS, start_caddy
from tests.fakes.plex import Plex
from wizard.caddy.apply import Outcome, Patience, State, apply
from wizard.caddy.client import CaddyClient, Running
from wizard.caddy.config import initial_config
from wizard.caddy.document import Document
from wizard.caddy.validate import find_validator
from wizard.caddy.version import Version
from wizard.core.hosts import Edge, ProxyHost, Upstream, Verify, VerifyKind
from wizard.core.verdicts import Trouble

QUICK = Patience(probes=2, pause_seconds=0.05)
VALIDATE = find_validator()


@pytest.fixture(autouse=True)
def nothing_served(request: pytest.FixtureRequest) -> None:
    """Each test begins with a Caddy that serves nothing."""
    if "stage" in request.fixturenames:
        stage: Stage = request.getfixturevalue("stage")
        assert stage.caddy.client().load(initial_config(stage.edge)) is None


def run(stage: Stage, *hosts: ProxyHost, edge: Edge | None = None) -> Outcome:
    def probe(host: ProxyHost) -> str | None:
        """A request through Caddy itself, as the background job makes one."""
        try:
            status = stage.ask("/identity", host=host).status
        except OSError:
            return None
        return "answers" if status < 500 else None

    return apply(
        edge or stage.edge, hosts, client=stage.caddy.client(), validate=VALIDATE, probe=probe, patience=QUICK
    )


def running(stage: Stage) -> Document:
    found = stage.caddy.client().get_config()
    assert isinstance(found, Running)
    return found.config


def test_a_first_host_is_applied_and_works(stage: Stage) -> None:
    outcome = run(stage, stage.host())
    assert (outcome.state, outcome.trouble, outcome.notes) == (State.APPLIED, None, ())
    assert outcome.difference.sentences[0] == f"Adds {DOMAIN} → http://127.0.0.1:{stage.media.port}"
    assert outcome.before == initial_config(stage.edge)
    assert outcome.after == running(stage)
    wait_for_tls(stage.caddy, DOMAIN)
    assert stage.ask("/identity").status == 200


def test_applying_twice_writes_once(stage: Stage) -> None:
    run(stage, stage.host())
    before = stage.caddy.logs().count('"uri":"/config/"')
    outcome = run(stage, stage.host())
    assert outcome.state is State.UNCHANGED
    assert outcome.difference.sentences == ("Nothing changes",)
    assert outcome.before == outcome.after
    written = stage.caddy.logs()[-20000:]
    assert stage.caddy.logs().count('"uri":"/config/"') == before + 1, written  # one question, no write


def test_no_hosts_removes_everything_of_ours(stage: Stage) -> None:
    run(stage, stage.host(), stage.host("second.localhost"))
    outcome = run(stage)
    assert outcome.state is State.APPLIED
    assert f"Removes {DOMAIN}" in outcome.difference.sentences
    assert running(stage) == initial_config(stage.edge)


def test_a_pin_that_is_no_certificate_is_refused_before_caddy_sees_it(stage: Stage) -> None:
    run(stage, stage.host())
    good = running(stage)
    writes = stage.caddy.logs().count('"method":"POST","host":"caddy","uri":"/config/"')
    upstream = Upstream("plex", "https", "127.0.0.1", 1, Verify(VerifyKind.PINNED, "x.lan", "no certificate"))
    outcome = run(stage, stage.host(upstream=upstream))
    assert outcome.state is State.REFUSED
    assert outcome.trouble is not None
    assert outcome.trouble.code == "apply-refused"
    assert outcome.trouble.summary == "Caddy cannot read the pinned certificate of a media server"
    assert "x509" in outcome.trouble.detail
    assert outcome.trouble.remedy is not None
    assert outcome.trouble.remedy.guide == "troubleshooting#apply-refused"
    assert running(stage) == good
    assert stage.caddy.logs().count('"method":"POST","host":"caddy","uri":"/config/"') == writes


def test_a_busy_port_is_refused_by_caddy_and_what_was_served_still_is(stage: Stage) -> None:
    run(stage, stage.host())
    wait_for_tls(stage.caddy, DOMAIN)
    good = running(stage)
    with answering(b"") as port:
        outcome = run(stage, stage.host(), edge=replace(stage.edge, https_port=port))
    assert outcome.state is State.REFUSED
    assert outcome.trouble is not None
    assert outcome.trouble.summary == f"Another program already listens on port {port}"
    assert running(stage) == good
    assert stage.ask("/identity").status == 200


def test_hosts_that_stop_working_bring_the_last_good_configuration_back(stage: Stage) -> None:
    run(stage, stage.host())
    wait_for_tls(stage.caddy, DOMAIN)
    good = running(stage)
    outcome = run(stage, stage.host(upstream=Upstream("plex", "http", "127.0.0.1", 1)))
    assert outcome.state is State.RESTORED
    assert outcome.trouble is not None
    assert outcome.trouble.code == "apply-restored"
    assert outcome.trouble.summary.startswith(f"{DOMAIN} stopped answering")
    assert running(stage) == good
    assert stage.ask("/identity").status == 200


def test_a_host_that_did_not_work_before_is_no_reason_to_go_back(stage: Stage) -> None:
    dead = stage.host(upstream=Upstream("plex", "http", "127.0.0.1", 1))
    run(stage, dead)
    wait_for_tls(stage.caddy, DOMAIN)
    assert run(stage, replace(dead, websocket=False)).state is State.APPLIED


def test_pausing_a_host_is_no_reason_to_go_back(stage: Stage) -> None:
    run(stage, stage.host())
    wait_for_tls(stage.caddy, DOMAIN)
    outcome = run(stage, stage.host(paused=True))
    assert (outcome.state, outcome.difference.sentences) == (State.APPLIED, (f"Pauses {DOMAIN}",))


def test_a_host_that_needs_a_moment_is_given_one(stage: Stage) -> None:
    run(stage, stage.host())
    wait_for_tls(stage.caddy, DOMAIN)
    answers = iter(["answers", None, None, "answers"])
    outcome = apply(
        stage.edge,
        [stage.host(websocket=False)],
        client=stage.caddy.client(),
        probe=lambda _: next(answers),
        patience=Patience(probes=3, pause_seconds=0.01),
    )
    assert outcome.state is State.APPLIED


def test_another_class_of_answer_than_before_counts_as_broken(stage: Stage) -> None:
    run(stage, stage.host())
    good = running(stage)
    answers = iter(["the media server", *["a login page"] * 9])
    outcome = apply(
        stage.edge,
        [stage.host(websocket=False)],
        client=stage.caddy.client(),
        probe=lambda _: next(answers),
        patience=QUICK,
    )
    assert outcome.state is State.RESTORED
    assert running(stage) == good


def test_a_caddy_that_is_not_there_is_said_to_be_down(tmp_path: Path) -> None:
    client = CaddyClient(f"unix/{tmp_path}/no.sock", fallback=None)
    outcome = apply(Edge("here", client.address), [proxy_host()], client=client)
    assert outcome.state is State.CADDY_DOWN
    assert outcome.trouble is not None
    assert outcome.trouble.code == "apply-caddy-down"
    assert outcome.trouble.remedy is not None
    assert outcome.trouble.remedy.guide == "troubleshooting#apply-caddy-down"


def test_a_caddy_that_dies_between_reading_and_writing_is_said_to_be_down(
    tmp_path: Path, media: Plex, echo: Plex
) -> None:
    stage = Stage(start_caddy(tmp_path), media, echo)

    def validate_and_stop(_config: Document, _version: Version) -> Trouble | None:
        stage.caddy.stop()
        return None

    outcome = apply(stage.edge, [stage.host()], client=stage.caddy.client(), validate=validate_and_stop)
    assert outcome.state is State.CADDY_DOWN


@pytest.mark.parametrize("version", VERSIONS)
def test_a_caddy_that_starts_with_nothing_at_all_is_configured(
    version: str, tmp_path: Path, media: Plex, echo: Plex
) -> None:
    stage = Stage(start_caddy(tmp_path, version, {}), media, echo)
    try:
        assert run(stage, stage.host()).state is State.APPLIED
        wait_for_tls(stage.caddy, DOMAIN)
        stage.ask(ECHO)
        assert stage.arrived(stage.echo).path == ECHO
    finally:
        stage.caddy.stop()


def test_without_a_binary_to_try_it_out_a_note_says_so(stage: Stage) -> None:
    outcome = apply(stage.edge, [stage.host()], client=stage.caddy.client())
    assert outcome.state is State.APPLIED
    assert [note.code for note in outcome.notes] == ["not-validated"]


@pytest.fixture
def resumed(tmp_path: Path, media: Plex, echo: Plex) -> Iterator[Stage]:
    """A Caddy to be killed."""
    stage = Stage(start_caddy(tmp_path), media, echo)
    yield stage
    stage.caddy.stop()


def test_what_was_applied_is_what_caddy_saves_for_its_next_start(resumed: Stage) -> None:
    run(resumed, resumed.host())
    saved = resumed.caddy.folder / "config" / "caddy" / "autosave.json"
    assert DOMAIN in saved.read_text()
    assert saved.stat().st_mode & 0o077 == 0
