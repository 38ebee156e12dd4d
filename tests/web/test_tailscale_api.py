"""The part about Tailscale's control API: saved after a try, read by a job, shown, forgotten; secrets nowhere."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from sqlalchemy import select

from tasks import tailnet_api as job
from tasks.checking import carry_out
from tasks.discovering import build_search
from tasks.profiling import carry_out_profile
from tasks.workplace import Workplace
from tests.core.test_tailnet_api import documents
from tests.fakes import tailscale_api as fake
from tests.fakes import tailscaled
from tests.web.browsing import Page, Visitor, given_host, refused, tailscale_words
from wizard.core.connection import Facts, Interface, Machine
from wizard.core.hosts import Upstream
from wizard.core.tailnet_api import KEY, ApiTrouble, Kind, Told
from wizard.net.tailscale_api import ask_devices
from wizard.store import profiles, progress, runs, ways
from wizard.store.tables import Table
from wizard.web.joined import Joined, join

PATH = "/settings/ways/tailscale"
OAUTH = {"kind": "oauth", "client_id": fake.CLIENT_ID, "client_secret": fake.CLIENT_SECRET}
ACCESS = {"kind": "access", "access_token": fake.TOKEN}
SECRETS = (fake.TOKEN, fake.CLIENT_SECRET, "tskey-api-hour")


@pytest.fixture
def api() -> Iterator[fake.ControlApi]:
    with fake.ControlApi() as running:
        yield running


@pytest.fixture
def place(place: Workplace, api: fake.ControlApi, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """The workplace with its API on this machine, without tailscaled, and without any pause between reads."""
    monkeypatch.setattr("wizard.net.tailscaled.SOCKETS", ())
    monkeypatch.setattr(job, "LEAST_PAUSE", timedelta())
    monkeypatch.setitem(place.__dict__, "settings", replace(place.settings, tailscale_api_url=api.url))
    return place


def told_in(place: Workplace) -> Told:
    told = job.told_of(ways.load_way(place.database, KEY))
    assert told is not None
    return told


def test_the_part_is_folded_and_says_what_is_enough(owner: Visitor) -> None:
    page = Page(owner.get(PATH))
    assert page.all("details", id="api") == [{"class": "group", "id": "api"}]
    assert "devices:core:read is enough" in page.words
    assert page.checked("kind") == ["oauth"]
    assert "open" in Page(owner.get(f"{PATH}?api=open")).all("details", id="api")[0]


@pytest.mark.parametrize("typed", [OAUTH, ACCESS], ids=["oauth", "token"])
def test_a_credential_is_tried_kept_sealed_and_never_shown(owner: Visitor, typed: dict[str, str]) -> None:
    answer = owner.post(f"{PATH}/api", **typed)
    assert answer.headers["Location"] == f"{PATH}?api=open#api"
    text = tailscale_words(owner, "?api=open")
    assert "Saved. Tailscale’s API answered" in text
    assert "3 machines, 2 online" in text
    assert "mediabox owner@example.com 100.101.1.10" in text
    assert "Easy translator, nearest relay Frankfurt, 12 ms" in text
    assert "edge-vps tag:edge" in text
    saved = ways.load_way(owner.place.database, KEY)
    credential = job.credential_of(owner.place, saved)
    assert credential is not None
    assert credential.kind is Kind(typed["kind"])
    assert credential.secret in SECRETS
    assert credential.secret not in saved.sealed
    assert (f"OAuth client {fake.CLIENT_ID}" in text) is (typed is OAUTH)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({}, "Select what Porthole asks with"),
        ({"kind": "access"}, "Enter the access token"),
        ({"kind": "oauth", "client_secret": fake.CLIENT_SECRET}, "Enter the client ID"),
        ({"kind": "oauth", "client_id": "x"}, "Enter the client secret"),
        ({**OAUTH, "client_secret": fake.TOKEN}, "That is an access token. Enter the client secret"),
        ({"kind": "access", "access_token": "tskey-api-other"}, "Tailscale’s API refused the credential"),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_not_saved(owner: Visitor, typed: dict[str, str], says: str) -> None:
    answer = owner.post(f"{PATH}/api", **typed)
    assert answer.status_code == 422
    assert [one.startswith(says) for one in refused(answer)] == [True]
    assert "open" in Page(answer).all("details", id="api")[0]
    assert not ways.load_way(owner.place.database, KEY).sealed
    assert not any(secret in answer.text for secret in SECRETS)


def test_an_api_that_is_away_does_not_stop_who_insists(owner: Visitor, api: fake.ControlApi) -> None:
    api.instead = fake.refusal(500, "internal")
    answer = owner.post(f"{PATH}/api", **ACCESS)
    assert refused(answer)[0].endswith("It answered with status 500. internal. It was not saved")
    assert Page(answer).all("input", name="anyway")
    assert owner.post(f"{PATH}/api", **ACCESS, anyway="y").status_code == 303
    said = "Could not be read Tailscale’s API has a problem of its own at the moment."
    assert said in tailscale_words(owner, "?api=open")
    api.instead = fake.refusal(403, "no")
    answer = owner.post(f"{PATH}/api", **ACCESS, anyway="y")
    assert answer.status_code == 422
    assert not Page(answer).all("input", name="anyway")


def test_a_forged_form_saves_nothing_and_asks_nobody(owner: Visitor, api: fake.ControlApi) -> None:
    answer = owner.client.post(f"{PATH}/api", data=ACCESS)
    assert answer.status_code == 422
    assert api.asked == []
    assert owner.client.post(f"{PATH}/api/forget").status_code in {303, 400, 422}
    assert not ways.load_way(owner.place.database, KEY).sealed


def test_none_in_the_settings_asks_nobody(
    owner: Visitor, api: fake.ControlApi, place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner.post(f"{PATH}/api", **ACCESS)
    monkeypatch.setitem(place.__dict__, "settings", replace(place.settings, tailscale_api_url="none"))
    api.asked.clear()
    assert not job.read_tailnet_api(place)
    assert "It is never asked here" in tailscale_words(owner, "?api=open")
    assert owner.post(f"{PATH}/api", **ACCESS).status_code == 422
    assert api.asked == []


def test_the_job_reads_again_and_a_page_never_waits_for_it(owner: Visitor, api: fake.ControlApi) -> None:
    owner.post(f"{PATH}/api", **OAUTH)
    api.document = {"devices": [fake.device(9, "mediabox", authorized=False)]}
    before = len(api.asked)
    assert "Waits for approval" not in tailscale_words(owner)
    assert len(api.asked) == before
    assert job.read_tailnet_api(owner.place)
    assert "Waits for approval" in tailscale_words(owner)
    api.instead = fake.refusal(401, "API token invalid")
    assert job.read_tailnet_api(owner.place)
    text = tailscale_words(owner)
    assert "Tailscale’s API refused the credential: it has ended" in text
    assert "Waits for approval" in text  # what was read before still counts


def test_a_pause_that_was_asked_for_is_kept(owner: Visitor, api: fake.ControlApi) -> None:
    owner.post(f"{PATH}/api", **ACCESS)
    api.instead = fake.refusal(429, "slow down", (("Retry-After", "600"),))
    assert job.read_tailnet_api(owner.place)
    asked = len(api.asked)
    assert not job.read_tailnet_api(owner.place)
    assert len(api.asked) == asked
    owner.post(f"{PATH}/api/read")
    assert "It was asked a moment ago. Try again in 600 seconds" in tailscale_words(owner)


def test_twice_at_once_asks_once(owner: Visitor, api: fake.ControlApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "LEAST_PAUSE", timedelta(seconds=20))
    owner.post(f"{PATH}/api", **ACCESS)
    assert not job.read_tailnet_api(owner.place)
    assert len(api.asked) == 1


def test_what_was_read_with_a_forgotten_credential_is_not_kept(
    owner: Visitor, api: fake.ControlApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner.post(f"{PATH}/api", **ACCESS)

    def slowly(*arguments: Any) -> Told:
        owner.post(f"{PATH}/api/forget")
        return ask_devices(*arguments)

    monkeypatch.setattr(job, "ask_devices", slowly)
    assert not job.read_tailnet_api(owner.place)
    assert ways.load_way(owner.place.database, KEY) == ways.SavedWay(KEY)
    assert "mediabox" not in tailscale_words(owner)
    assert not job.read_tailnet_api(owner.place)  # nothing to ask with


def test_a_secret_that_cannot_be_opened_is_said(owner: Visitor, api: fake.ControlApi) -> None:
    ways.save_way(owner.place.database, KEY, {"kind": "access"}, "sealed with another key")
    assert job.read_tailnet_api(owner.place)
    assert told_in(owner.place).trouble is ApiTrouble.NOT_OPENED
    assert "the secret key of this installation has changed" in tailscale_words(owner)
    assert api.asked == []


def test_reading_again_queues_a_job_without_any_argument(owner: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[Any, ...]] = []
    monkeypatch.setattr("tasks.app.send_task", lambda *given, **named: sent.append((given, named["args"])))
    owner.post(f"{PATH}/api", **OAUTH)
    owner.post(f"{PATH}/api/read")
    assert sent == [(("read_tailnet_api",), ())]
    assert "Reading now" in tailscale_words(owner)


def test_no_secret_is_in_any_page_log_or_table(
    owner: Visitor, api: fake.ControlApi, daemon: tailscaled.Tailscaled, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    host = given_host(owner.place, method="tailscale", upstream=Upstream("plex", "http", "100.101.1.13", 32400))
    pages = []
    for typed in (OAUTH, ACCESS):
        pages.append(owner.post(f"{PATH}/api", **typed).text)
        # a server that repeats what it was given
        api.instead = fake.refusal(500, f"who is {typed.get('access_token') or fake.CLIENT_SECRET}")
        pages.append(owner.post(f"{PATH}/api", **typed).text)
        job.read_tailnet_api(owner.place)
        api.instead = None
        run = progress.create_run(owner.place.database, host.key, ("way",))
        progress.plan_run(owner.place.database, run.id, {})
        carry_out(owner.place, run.id, "way", 1, "here")
        pages += [owner.get(one).text for one in (f"{PATH}?api=open", "/settings/ways", f"/runs/{run.id}")]
        found = runs.load_run(owner.place.database, run.id)
        assert found is not None
        assert found.results[0].verdicts
    with owner.place.database.read() as session:
        kept = [str(tuple(row)) for table in Table.metadata.tables.values() for row in session.execute(select(table))]
    for secret in SECRETS:
        assert not any(secret in text for text in (*pages, *kept, caplog.text, repr(owner.place.way("tailscale"))))


def test_a_check_says_what_only_the_api_knows(
    owner: Visitor, api: fake.ControlApi, daemon: tailscaled.Tailscaled
) -> None:
    owner.post(f"{PATH}/api", **ACCESS)
    api.document = {"devices": [fake.device(12, "edge-vps", blocksIncomingConnections=True)]}
    job.read_tailnet_api(owner.place)
    for address, code in (("100.101.1.13", "way-tailscale-blocks-incoming"), ("192.168.1.20", "way-ok")):
        host = given_host(
            owner.place,
            f"{code}.example.com",
            method="tailscale",
            upstream=Upstream("plex", "http", address, 32400),
        )
        run = progress.create_run(owner.place.database, host.key, ("way",))
        progress.plan_run(owner.place.database, run.id, {})
        carry_out(owner.place, run.id, "way", 1, "here")
        found = runs.load_run(owner.place.database, run.id)
        assert found is not None
        assert [one.code for one in found.results[0].verdicts] == [code]
    assert "edge-vps takes no connections from the tailnet" in tailscale_words(owner)


def test_a_check_leaves_out_machines_that_do_not_concern_its_host(
    owner: Visitor, api: fake.ControlApi, daemon: tailscaled.Tailscaled
) -> None:
    owner.post(f"{PATH}/api", **ACCESS)
    api.document = {"devices": [fake.device(77, "new-tv", authorized=False)]}
    job.read_tailnet_api(owner.place)
    host = given_host(owner.place, method="tailscale", upstream=Upstream("plex", "http", "100.101.1.13", 32400))
    run = progress.create_run(owner.place.database, host.key, ("way",))
    progress.plan_run(owner.place.database, run.id, {})
    carry_out(owner.place, run.id, "way", 1, "here")
    found = runs.load_run(owner.place.database, run.id)
    assert found is not None
    assert [one.code for one in found.results[0].verdicts] == ["way-ok"]
    assert "Waiting for approval in the tailnet: new-tv" in tailscale_words(owner)


def test_only_hosts_of_the_tailnet_count_for_its_routes(owner: Visitor, api: fake.ControlApi) -> None:
    owner.post(f"{PATH}/api", **ACCESS)
    api.document = {"devices": [fake.device(30, "router", advertisedRoutes=["192.168.1.0/24"])]}
    job.read_tailnet_api(owner.place)
    given_host(owner.place, method="direct")
    assert "nobody approved it" not in tailscale_words(owner)
    given_host(owner.place, "films.example.com", method="tailscale")
    assert "router offers the route 192.168.1.0/24, but nobody approved it" in tailscale_words(owner)


def test_without_a_socket_the_other_end_is_guessed_from_the_api(owner: Visitor, api: fake.ControlApi) -> None:
    owner.post(f"{PATH}/api", **ACCESS)
    given_host(owner.place, method="tailscale", upstream=Upstream("plex", "http", "100.101.1.13", 32400))
    page = Page(owner.get(PATH))
    assert page.value("peer") == "edge-vps.tail0a1b2c.ts.net"
    assert "open" in page.all("details", id="api")[0]
    assert "Only what Tailscale’s API says is known about the tailnet" not in page.words  # the guided card says it


def test_headscale_is_said_to_have_no_such_api(owner: Visitor, daemon: tailscaled.Tailscaled) -> None:
    daemon.control = "https://headscale.example.com"
    assert "Headscale has no such API" in tailscale_words(owner, "?api=open")


def test_many_machines_are_shown_in_part_with_those_to_know_first(owner: Visitor, api: fake.ControlApi) -> None:
    api.document = {
        "devices": [
            *(fake.device(number, f"box-{number}") for number in range(20, 270)),
            fake.device(300, "zebra", updateAvailable=True),
        ]
    }
    owner.post(f"{PATH}/api", **ACCESS)
    page = Page(owner.get(f"{PATH}?api=open"))
    assert len(page.all("th", scope="row")) == 6
    assert "There is something to know about 1 of 251" in page.words
    assert page.words.index("zebra owner") < page.words.index("box-100 owner")
    assert "Show 245 more machines" in page.words
    assert len(Page(owner.get(f"{PATH}?api=all")).all("th", scope="row")) == 251


def test_without_a_socket_machines_are_where_media_servers_are_looked_for(
    owner: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner.post(f"{PATH}/api", **ACCESS)

    def candidates(machine: Machine) -> set[str]:
        monkeypatch.setattr("tasks.discovering.look_at_machine", lambda _: machine)
        return {one.address for one in build_search(owner.place).machines if one.address.startswith("100.")}

    online = {"100.101.1.10", "100.101.1.13"}
    assert candidates(Machine(interfaces=(Interface("tailscale0", ("100.101.1.10",), is_tunnel=True),))) == online
    assert candidates(Machine(is_bridged=True)) == online
    # behind a carrier's translator, and in no tailnet, 100.x is a stranger's
    assert candidates(Machine(interfaces=(Interface("eth0", ("100.72.1.2",)),))) == set()


def test_the_home_of_a_server_far_away_comes_from_the_api(
    owner: Visitor, api: fake.ControlApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.profiling.gather", lambda _: Facts())
    api.document = {"devices": [fake.device(9, "mediabox", clientConnectivity={"endpoints": ["8.8.4.4:41641"]})]}
    owner.post(f"{PATH}/api", **ACCESS)
    given_host(owner.place, method="tailscale", upstream=Upstream("plex", "http", "100.101.1.10", 32400))
    number = profiles.ask_profile(owner.place.database)
    assert number is not None
    carry_out_profile(owner.place, number)
    profile = profiles.load_profile(owner.place.database)
    assert profile is not None
    assert profile.facts is not None
    assert (profile.facts.peer.value, profile.facts.peer.source) == ("8.8.4.4", "Tailscale’s API")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(document=documents())
def test_no_document_breaks_the_page(app: Flask, owner: Visitor, api: fake.ControlApi, document: Any) -> None:
    join(app.extensions, Joined(owner.place))
    ways.save_way(owner.place.database, KEY, {"kind": "access"}, owner.place.vault.seal(fake.TOKEN))
    api.instead = fake.Said(200, msgspec.json.encode(document).decode())
    job.read_tailnet_api(owner.place)
    for path in (f"{PATH}?api=all", "/settings/ways"):
        assert owner.get(path).status_code == 200
