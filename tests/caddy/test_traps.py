"""The two traps of the admin API, on real Caddys, and that we get out of them by ourselves."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.caddy.talk import Stage, proxy_host
from tests.caddy_process import CaddyProcess, start_caddy
from wizard.caddy.apply import State, apply
from wizard.caddy.client import CaddyClient, Running
from wizard.caddy.config import Built, build, initial_config
from wizard.caddy.document import Document
from wizard.caddy.version import parse_version
from wizard.core.hosts import Edge
from wizard.core.verdicts import Trouble

BAD = {"apps": {"http": {"servers": {"x": {"listen": [":1"], "no_such_option": 1}}}}}


def post_without_admin(caddy: CaddyProcess) -> None:
    """Somebody else posts a document without `admin` that fails: trap A."""
    answer = caddy.client().load(BAD)
    assert isinstance(answer, Trouble)


def answers_at(url: str) -> bool:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request("GET", "/config/")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def test_trap_a_moves_the_endpoint_and_we_bring_it_back(stage: Stage) -> None:
    caddy = stage.caddy
    stage.serve(stage.host())
    post_without_admin(caddy)
    assert answers_at(caddy.fallback)
    assert isinstance(CaddyClient(caddy.admin, fallback=None, deadline_seconds=1).get_config(), Trouble)

    running = caddy.client().get_config()

    assert isinstance(running, Running)
    assert running.config == build([stage.host()], stage.edge, stage.version, None).config
    assert isinstance(CaddyClient(caddy.admin, fallback=None).get_config(), Running)
    assert not answers_at(caddy.fallback)
    assert stage.ask("/identity").status == 200


def test_apply_works_right_after_trap_a(stage: Stage) -> None:
    stage.serve(stage.host())
    post_without_admin(stage.caddy)
    outcome = apply(stage.edge, [stage.host(websocket=False)], client=stage.caddy.client())
    assert outcome.state is State.APPLIED, outcome.trouble


def test_another_caddy_at_the_fallback_address_is_left_alone(caddy: CaddyProcess, tmp_path: Path) -> None:
    other = start_caddy(tmp_path, caddy.version)
    try:
        admin = {"listen": urlsplit(other.fallback).netloc}
        assert other.client().load({"admin": admin, "apps": {}}) is None
        trouble = CaddyClient("unix//nowhere/admin.sock", fallback=other.fallback).get_config()
        assert isinstance(trouble, Trouble)
        assert trouble.code == "apply-caddy-down"
        theirs = CaddyClient(other.fallback).get_config()
        assert isinstance(theirs, Running)
        assert theirs.config == {"admin": admin, "apps": {}}
    finally:
        other.stop()


def failing(stage: Stage) -> tuple[Document, Path]:
    """A document that fails late, and whose default log goes to a file."""
    elsewhere = stage.caddy.folder / "elsewhere.log"
    document = build([stage.host()], stage.edge, stage.version, None).config
    document["logging"]["logs"]["default"]["writer"] = {"output": "file", "filename": str(elsewhere)}
    document["apps"]["http"]["servers"]["porthole-main"]["routes"][0]["handle"].append({"handler": "no_such_handler"})
    return document, elsewhere


def test_trap_b_leaves_the_logger_of_a_refused_document_behind(stage: Stage) -> None:
    stage.serve(stage.host())
    document, elsewhere = failing(stage)
    assert isinstance(stage.caddy.client().load(document), Trouble)
    before = len(stage.caddy.logs())
    stage.caddy.client().upstreams()
    assert "/reverse_proxy/upstreams" in elsewhere.read_text()
    assert "/reverse_proxy/upstreams" not in stage.caddy.logs()[before:]


def test_apply_takes_the_logger_back_after_a_refused_document(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The document is changed on its way to Caddy, because none that we build is refused so late."""
    stage.serve(stage.host(websocket=False))
    document, elsewhere = failing(stage)
    monkeypatch.setattr("wizard.caddy.apply.build", lambda *_: Built(document))
    outcome = apply(stage.edge, [stage.host()], client=stage.caddy.client())
    assert outcome.state is State.REFUSED
    written = elsewhere.read_text()
    before = len(stage.caddy.logs())
    stage.caddy.client().upstreams()
    assert "/reverse_proxy/upstreams" in stage.caddy.logs()[before:]
    assert elsewhere.read_text() == written
    assert stage.ask("/identity").status == 200


@pytest.mark.parametrize("current", [None, {}, {"apps": {}}, {"admin": None}, {"logging": {}}])
@pytest.mark.parametrize(
    ("admin", "listen"),
    [
        ("unix//run/caddy/admin.sock", "unix//run/caddy/admin.sock|0660"),
        ("unix//run/caddy/admin.sock|0600", "unix//run/caddy/admin.sock|0600"),
        ("http://127.0.0.1:2019", "127.0.0.1:2019"),
    ],
)
def test_every_document_has_an_admin_block(current: Document | None, admin: str, listen: str) -> None:
    edge = Edge("here", admin)
    for hosts in ([], [proxy_host()]):
        assert build(hosts, edge, parse_version("2.11.7"), current).config["admin"] == {"listen": listen}
    assert initial_config(edge)["admin"] == {"listen": listen}


def test_the_admin_block_that_is_there_is_kept() -> None:
    admin = {"listen": "unix//run/other.sock|0600", "config": {"persist": False}}
    edge = Edge("here", "unix//run/caddy.sock")
    assert build([proxy_host()], edge, parse_version("2.11.7"), {"admin": admin}).config["admin"] == admin


def test_the_socket_lets_our_group_in(caddy: CaddyProcess) -> None:
    caddy.client().load(json.loads((caddy.folder / "caddy.json").read_text()))
    assert Path(caddy.admin.removeprefix("unix/")).stat().st_mode & 0o777 == 0o660
