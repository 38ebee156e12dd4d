"""Settings → Ways in → Cloudflare Tunnel: the token is kept close, and what was typed decides who is believed."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.fakes.cloudflared import make_token, write_program
from tests.fakes.plex import Plex
from tests.web.browsing import Page, Visitor, apply_new, given_host, go_to, refused, send_step
from wizard.store import hosts, revisions, ways

PATH = "/settings/ways/cloudflare"
TOKEN = make_token()
THEIRS = {"runs": "elsewhere", "ready": "http://cloudflared:20241/ready", "peer": "172.28.0.5", "consent": "y"}


@pytest.fixture
def program(owner: Visitor, tmp_path: Path) -> Iterator[str]:
    """A cloudflared to run, on a machine where `porthole up` was started."""
    run = owner.place.settings.data / "run"
    (run / "supervisord.conf").write_text("[program:tunnel]\n")
    yield str(write_program(tmp_path / "cloudflared"))
    for name in ("supervisord.conf", "tunnel.json"):
        (run / name).unlink(missing_ok=True)


def ours(program: str, **changes: str) -> dict[str, str]:
    """The form as a person fills it in."""
    return {"runs": "here", "token": TOKEN, "program": program, "consent": "y", **changes}


def wish(owner: Visitor) -> dict[str, str] | None:
    """What supervisor is asked to run."""
    path = owner.place.settings.data / "run" / "tunnel.json"
    return dict(json.loads(path.read_text())) if path.exists() else None


def test_the_token_of_a_whole_command_is_kept_in_a_file_for_this_user_only(owner: Visitor, program: str) -> None:
    answer = owner.post(PATH, **ours(program, token=f"sudo cloudflared service install {TOKEN}"))
    assert answer.headers["Location"] == PATH
    saved = ways.load_way(owner.place.database, "cloudflare")
    assert TOKEN not in json.dumps(saved.values) + saved.sealed
    assert owner.place.vault.open(saved.sealed) == TOKEN
    wanted = wish(owner)
    assert wanted is not None
    assert wanted["program"] == program
    assert f"http://{wanted['metrics']}" == saved.values["ready"]
    token_file = owner.place.settings.data / wanted["token_file"]
    assert token_file.read_text() == TOKEN
    assert stat.S_IMODE(token_file.stat().st_mode) == 0o600


def test_a_saved_token_never_comes_back_and_stays_when_nothing_new_is_pasted(owner: Visitor, program: str) -> None:
    owner.post(PATH, **ours(program))
    answer = owner.get(PATH)
    assert TOKEN not in answer.text
    assert "A token is saved, for tunnel 6ff42ae2-765d-4adf-8112-31c55c1551ef" in Page(answer).words
    assert owner.post(PATH, **ours(program, token="", consent="")).status_code == 303
    assert owner.place.way("cloudflare").secret == TOKEN


def test_its_log_is_found_in_the_data_folder_of_today(owner: Visitor, program: str) -> None:
    log = str(owner.place.settings.data / "log" / "tunnel.log")
    owner.post(PATH, **ours(program))
    saved = ways.load_way(owner.place.database, "cloudflare").values
    assert (saved["log"], owner.place.way("cloudflare").values["log"]) == ("log/tunnel.log", log)
    ways.save_way(owner.place.database, "cloudflare", {**saved, "log": "/where/it/was/log/tunnel.log"})
    assert owner.place.way("cloudflare").values["log"] == log


def test_consent_is_asked_once_and_its_day_is_kept(owner: Visitor, program: str) -> None:
    assert refused(owner.post(PATH, **ours(program, consent=""))) == [
        "Agree to the note about video, or choose another way in"
    ]
    owner.post(PATH, **ours(program))
    agreed = owner.place.way("cloudflare").values["consent_at"]
    day = datetime.fromisoformat(agreed)
    assert f"You agreed to the note about video on {day.day} {day:%B %Y}" in Page(owner.get(PATH)).words


def test_what_was_agreed_to_in_the_wizard_is_not_asked_again(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "route", plex.url)
    send_step(owner, "route", method="cloudflare", consent="y")
    send_step(owner, "connect", domain="plex.example.com")
    send_step(owner, "media", plex_mode="y", forward_client_ip="y", websocket="y", stream_limit_mbps="")
    assert apply_new(owner).status_code == 303
    words = Page(owner.get(PATH)).words
    assert "You agreed to the note about video on" in words
    assert "Set it up" in words


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"token": ""}, "Enter the tunnel token"),
        ({"token": "abc"}, "That does not look like a tunnel token. It is the long text after `--token`"),
        ({"program": "/nowhere/cloudflared"}, "/nowhere/cloudflared is no cloudflared that can be run"),
        ({"runs": ""}, "Select who runs cloudflared"),
        ({**THEIRS, "ready": "cloudflared"}, "Enter an address such as http://127.0.0.1:20241"),
        ({**THEIRS, "peer": "172.28.0.0/24"}, "Enter one IP address, such as 127.0.0.1"),
    ],
)
def test_each_thing_typed_wrong_has_its_sentence(
    owner: Visitor, program: str, changes: dict[str, str], sentence: str
) -> None:
    answer = owner.post(PATH, **{**ours(program), **changes})
    assert refused(answer) == [sentence]
    assert TOKEN not in answer.text


def test_containers_start_no_programs(owner: Visitor) -> None:
    found = refused(owner.post(PATH, **ours("")))
    assert found == ["This Porthole runs in containers and starts no programs. Let a container run cloudflared"]


def test_a_cloudflared_in_a_container_is_the_only_one_believed_and_caddy_is_told(owner: Visitor) -> None:
    host = given_host(owner.place, method="cloudflare")
    before = revisions.pending_revisions(owner.place.database)
    assert owner.post(PATH, **THEIRS).status_code == 303
    placed = hosts.load_host(owner.place.database, host.key)
    assert placed is not None
    assert (placed.host.listener.trusted, placed.host.listener.bind) == (("172.28.0.5/32",), "")
    assert revisions.pending_revisions(owner.place.database) != before
    assert owner.place.way("cloudflare").values["ready"] == "http://cloudflared:20241"
    assert "http://caddy:7681" in Page(owner.get(PATH)).words
    assert wish(owner) is None


def test_removing_it_takes_the_token_away_and_ends_the_program(owner: Visitor, program: str) -> None:
    owner.post(PATH, **ours(program))
    owner.post(f"{PATH}/remove")
    assert wish(owner) is None
    assert not (owner.place.settings.data / "tunnel" / "token").exists()
    assert owner.place.way("cloudflare").secret == ""


def test_a_file_of_ones_own_is_written_and_looked_over_with_the_persons_name(owner: Visitor) -> None:
    given_host(owner.place, method="cloudflare")
    assert "- hostname: plex.example.com service: http://127.0.0.1:7681" in Page(owner.get(PATH)).words
    bad = "tunnel: a\ncredentials-file: /b\ningress:\n  - hostname: plex.example.com\n    service: http://127.0.0.1:80\n"
    words = Page(owner.post(f"{PATH}/ingress", text=bad)).words
    assert "plex.example.com is led to http://127.0.0.1:80. It has to be http://127.0.0.1:7681." in words
    assert "The last rule must catch everything." in words
    good = bad.replace(":80\n", ":7681\n  - service: http_status:404\n")
    assert "plex.example.com reaches Caddy with this file" in Page(owner.post(f"{PATH}/ingress", text=good)).words


def test_the_log_is_on_the_page_while_the_tunnel_has_trouble(owner: Visitor, program: str) -> None:
    owner.post(PATH, **ours(program))
    line = 'ERR Register tunnel error from server side error="Unauthorized: Invalid tunnel secret" connIndex=0'
    ways.note_seen(owner.place.database, "cloudflare", {"program": program, "status": 503, "lines": [line]})
    words = Page(owner.get(PATH)).words
    assert "Needs attention Cloudflare does not know this token. Copy it again" in words
    assert words.count("Invalid tunnel secret") >= 2  # in the finding, and in the log
