"""A Caddy that already serves hand-written sites keeps them: only what carries our mark is touched."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from tests.caddy.hand_written import BLOG, hand_written
from tests.caddy.talk import DOMAIN, Stage, proxy_host, wait_for_tls
from tests.caddy.test_redaction import ask_all, dead, finish, is_anywhere, new_secret, requests_with, wait_until
from tests.caddy_process import VERSIONS, CaddyProcess, start_caddy
from tests.fakes.plex import Plex
from wizard.caddy.apply import State, apply
from wizard.caddy.client import Running
from wizard.caddy.config import build, remove_ours
from wizard.caddy.document import Document
from wizard.caddy.validate import find_validator
from wizard.core.hosts import Listener


@pytest.fixture(scope="module", params=VERSIONS)
def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, media: Plex, echo: Plex
) -> Iterator[Stage]:
    """A Caddy of its own, whose hand-written part each test loads."""
    caddy = start_caddy(tmp_path_factory.mktemp("shared"), request.param)
    yield Stage(caddy, media, echo)
    caddy.stop()


def load(stage: Stage, config: Document) -> Document:
    """Load a hand-written configuration and wait for its site; gives it as Caddy holds it."""
    listen = {"listen": f"{stage.caddy.admin}|0660"}
    config = {"admin": listen, **config}
    config["apps"]["http"]["servers"].pop("srv1", None)
    assert stage.caddy.client().load(config) is None
    wait_for_tls(stage.caddy, BLOG)
    return config


def blog(stage: Stage) -> bytes:
    return stage.ask("/", host=proxy_host(1, BLOG)).body


def test_hand_written_sites_survive_adding_changing_and_removing_ours(shared: Stage) -> None:
    theirs = load(shared, hand_written(shared.caddy.https_port))
    client = shared.caddy.client()
    assert blog(shared) == b"my blog"
    assert apply(shared.edge, [shared.host()], client=client).state is State.APPLIED
    wait_for_tls(shared.caddy, DOMAIN)
    assert shared.ask("/identity").status == 200
    assert blog(shared) == b"my blog"
    assert apply(shared.edge, [shared.host(websocket=False)], client=client).state is State.APPLIED
    assert blog(shared) == b"my blog"
    running = client.get_config()
    assert isinstance(running, Running)
    assert remove_ours(running.config) == theirs
    assert apply(shared.edge, [], client=client).state is State.APPLIED
    running = client.get_config()
    assert isinstance(running, Running)
    assert running.config == theirs
    assert blog(shared) == b"my blog"


def test_applying_twice_changes_nothing(shared: Stage) -> None:
    load(shared, hand_written(shared.caddy.https_port))
    client = shared.caddy.client()
    apply(shared.edge, [shared.host()], client=client)
    assert apply(shared.edge, [shared.host()], client=client).state is State.UNCHANGED


def test_a_forged_address_stays_out_even_where_the_hand_written_server_trusts_everybody(shared: Stage) -> None:
    """Trust is the owner's to give; but two addresses, another host name or `Forwarded` never arrive."""
    trusting = {"trusted_proxies": {"source": "static", "ranges": ["127.0.0.0/8"]}}
    load(shared, hand_written(shared.caddy.https_port, **trusting))
    apply(shared.edge, [shared.host()], client=shared.caddy.client())
    wait_for_tls(shared.caddy, DOMAIN)
    forged = [("X-Forwarded-For", "6.6.6.6, 7.7.7.7"), ("X-Real-IP", "5.5.5.5"), ("Forwarded", "for=5.5.5.5")]
    shared.ask("/identity", [*forged, ("X-Forwarded-Host", "evil.example")])
    seen = shared.arrived()
    assert len(seen.values("X-Forwarded-For")) == 1
    assert "," not in seen.values("X-Forwarded-For")[0]
    assert seen.values("X-Real-IP") == seen.values("X-Forwarded-For")
    assert seen.values("Forwarded") == ()
    assert seen.values("X-Forwarded-Host") == (DOMAIN,)


def test_without_consent_our_access_and_error_lines_hold_no_token(shared: Stage) -> None:
    load(shared, hand_written(shared.caddy.https_port))
    secret = new_secret()
    for host in (shared.host(), dead(shared)):
        assert apply(shared.edge, [host], client=shared.caddy.client()).trouble is None
        wait_for_tls(shared.caddy, DOMAIN)
        ask_all(shared, requests_with(secret))
        mark = finish(shared)
    wait_until(lambda: f"/{mark}" in shared.caddy.logs())
    assert is_anywhere(shared, secret) == []


def test_hand_written_logs_go_on_as_before_and_do_not_get_our_lines(shared: Stage) -> None:
    everything = shared.caddy.folder / f"everything-{secrets.token_hex(4)}.log"
    config = hand_written(shared.caddy.https_port, logs={"default_logger_name": "mine"})
    config["logging"] = {
        "logs": {"mine": {"writer": {"output": "file", "filename": str(everything)}, "include": ["http.log.access"]}}
    }
    load(shared, config)
    apply(shared.edge, [shared.host()], client=shared.caddy.client())
    wait_for_tls(shared.caddy, DOMAIN)
    shared.ask("/identity")
    finish(shared)
    blog(shared)
    wait_until(lambda: BLOG in everything.read_text())
    assert DOMAIN not in everything.read_text()


def test_with_consent_caddy_takes_the_document(shared: Stage) -> None:
    config = hand_written(shared.caddy.https_port)
    config["logging"] = {
        "logs": {"default": {"encoder": {"format": "filter", "fields": {"x": {"filter": "delete"}}}}}
    }
    theirs = load(shared, config)
    listener = Listener(trusted=("127.0.0.1/32",), client_ip_headers=("X-Forwarded-For",))
    edge = shared.caddy.edge(consent=True)
    host = shared.host(listener=listener)
    outcome = apply(edge, [host], client=shared.caddy.client(), validate=find_validator())
    assert (outcome.state, outcome.trouble, outcome.notes) == (State.APPLIED, None, ())
    wait_for_tls(shared.caddy, DOMAIN)
    shared.ask("/identity", [("X-Forwarded-For", "203.0.113.9")])
    assert shared.arrived().values("X-Forwarded-For") == ("203.0.113.9",)
    apply(edge, [], client=shared.caddy.client())
    running = shared.caddy.client().get_config()
    assert isinstance(running, Running)
    assert running.config == theirs


def test_a_concurrent_edit_by_somebody_else_is_kept(shared: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody adds a site between our reading and our writing: noticed, read again, both are there."""
    load(shared, hand_written(shared.caddy.https_port))
    edits = iter([b"edited meanwhile"])
    edit_after_reading(shared.caddy, monkeypatch, edits)
    outcome = apply(shared.edge, [shared.host()], client=shared.caddy.client())
    assert outcome.state is State.APPLIED
    wait_for_tls(shared.caddy, DOMAIN)
    assert shared.ask("/identity").status == 200
    assert blog(shared) == b"edited meanwhile"


def test_somebody_who_keeps_editing_is_never_overwritten(shared: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    load(shared, hand_written(shared.caddy.https_port))
    texts = [f"edit {number}".encode() for number in range(20)]
    edits = iter(texts)
    edit_after_reading(shared.caddy, monkeypatch, edits)
    outcome = apply(shared.edge, [shared.host()], client=shared.caddy.client())
    assert outcome.state is State.CONFLICT
    assert outcome.trouble is not None
    assert outcome.trouble.code == "apply-conflict"
    assert blog(shared) == texts[2]
    assert len(list(edits)) == len(texts) - 3


def edit_after_reading(caddy: CaddyProcess, monkeypatch: pytest.MonkeyPatch, edits: Iterator[bytes]) -> None:
    """Right after our apply has built its document, somebody else changes the blog."""

    def build_and_be_late(*arguments: object) -> object:
        built = build(*arguments)  # type: ignore[arg-type]  # handed through as they come
        if (text := next(edits, None)) is not None:
            running = caddy.client().get_config()
            assert isinstance(running, Running)
            servers = running.config["apps"]["http"]["servers"]
            servers["srv0"]["routes"][-2]["handle"][0]["body"] = text.decode()
            assert caddy.client().load(running.config) is None
        return built

    monkeypatch.setattr("wizard.caddy.apply.build", build_and_be_late)
