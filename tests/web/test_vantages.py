"""Settings, Vantages: who looks from elsewhere, and public probes from the first agreement to the last answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tasks import queueing
from tasks.checking import carry_out
from tasks.stations import broker_now, find_station, forget_station, note_station
from tasks.workplace import Workplace
from tests.fakes.probe_network import FakeCheckHost, FakeGlobalping, always, failed, finished, no_probes, rate_limited
from tests.net.dns_server import NameServer
from tests.web.browsing import Page, Visitor, given_host
from wizard.core.hosts import ProxyHost
from wizard.core.runs import Standing
from wizard.core.verdicts import Level, Verdict
from wizard.core.wire import Station
from wizard.store import hosts, progress, runs
from wizard.web.joined import Joined, join

PATH = "/settings/vantages"
PLEX_ID = "1f0a6c3be4d24c6f9a51c1a3c1f0de7766b1c2d3"
ADDRESS = "203.0.113.7"
ROW = "outside@probes"
MINUTE = timedelta(minutes=1)


class TestWorkersElsewhere:
    """The list of those that look for us."""

    @pytest.fixture
    def paris(self, place: Workplace) -> Iterator[Station]:
        station = Station("paris", "9.9", ("dns",), broker_now(place.redis))
        note_station(place.redis, station)
        yield station
        forget_station(place.redis, "paris")

    def test_without_any_the_page_says_how_to_start_one(self, owner: Visitor, place: Workplace) -> None:
        page = Page(owner.get(PATH))
        assert "None yet." in page.words
        assert "porthole vantage --name paris --broker redis://127.0.0.1:6379/0" in page.words
        assert place.settings.broker_url.removeprefix("redis+socket://") in page.words

    def test_a_broker_with_a_password_is_shown_without_it(self, owner: Visitor, app: Flask, place: Workplace) -> None:
        broker = "redis://user:hunter2@127.0.0.1:1/0"
        join(app.extensions, Joined(Workplace(replace(place.settings, broker_url=broker))))
        page = owner.get(PATH)
        assert "hunter2" not in page.text
        assert "--broker redis://:PASSWORD@HOST:1/0" in page.text
        assert "The broker does not answer" in page.text

    def test_one_that_looks_is_listed_and_cannot_be_removed(self, owner: Visitor, paris: Station) -> None:
        page = Page(owner.get(PATH))
        assert "Looks" in page.words
        assert "9.9, here" in page.words
        assert f"{PATH}/{paris.name}/remove" not in owner.get(PATH).text

    def test_one_that_is_quiet_says_since_when_and_can_be_removed(
        self, owner: Visitor, place: Workplace, paris: Station
    ) -> None:
        note_station(place.redis, replace(paris, seen_at=paris.seen_at - 7200))
        page = Page(owner.get(PATH))
        assert "Quiet" in page.words
        assert "2 hours ago" in page.words
        assert owner.post(f"{PATH}/paris/remove").status_code == 303
        assert find_station(place.redis, "paris") is None


@dataclass
class Asking:
    """A proxy host, its owner, and the two probe networks."""

    owner: Visitor
    place: Workplace
    host: ProxyHost
    globalping: FakeGlobalping
    check_host: FakeCheckHost

    def agree(self) -> TestResponse:
        """Press the button, with everything that the page showed."""
        page = Page(self.owner.get(PATH))
        shown = [one["value"] for tag, one in page.tags if tag == "input" and one.get("name") == "shown"]
        fields = {"csrf_token": self.owner.token(), "answer": "agree", "shown": shown}
        return self.owner.client.post(f"{PATH}/probes", data=fields)

    def run(self) -> runs.Run:
        """A run from the page, of which only the row of the probes is made."""
        self.owner.post(f"/hosts/{self.host.key}/checks")
        found = runs.latest_run(self.place.database, self.host.key)
        assert found is not None
        if found.result(ROW) is not None:
            progress.plan_run(self.place.database, found.id, {})
            carry_out(self.place, found.id, ROW, 1)
        progress.stop_run(self.place.database, found.id)
        return runs.load_run(self.place.database, found.id) or found

    def verdicts(self) -> tuple[Verdict, ...]:
        """What a run finds."""
        result = self.run().result(ROW)
        assert result is not None
        return result.verdicts

    @property
    def questions(self) -> int:
        """How often anybody was asked to look."""
        return sum(one.method == "POST" for one in self.globalping.requests) + sum(
            one.path == "/check-http" for one in self.check_host.requests
        )


@pytest.fixture
def asking(app: Flask, place: Workplace) -> Iterator[Asking]:
    records = {("plex.example.com", "A"): (ADDRESS,)}
    with FakeGlobalping() as globalping, FakeCheckHost() as check_host, NameServer(records) as names:
        settings = replace(
            place.settings, globalping_url=globalping.url, check_host_url=check_host.url, nameservers=names.address
        )
        with Workplace(settings) as asked:
            join(app.extensions, Joined(asked))
            host = given_host(asked)
            hosts.note_server(asked.database, host.key, {"kind": "plex", "id": PLEX_ID, "name": "Nas"})
            yield Asking(Visitor(app, asked).sign_in(), asked, host, globalping, check_host)


class TestAgreement:
    """Nobody is asked before, and nobody after it is taken back."""

    def test_before_it_a_run_has_no_row_and_nothing_is_sent(self, asking: Asking) -> None:
        assert asking.run().result(ROW) is None
        assert asking.questions == 0

    def test_the_page_names_every_thing_that_is_sent(self, asking: Asking) -> None:
        words = Page(asking.owner.get(PATH)).words
        for what in ("domain", "port", "path", "No token, no password", "anybody for about 7 days"):
            assert what in words

    def test_it_covers_what_was_shown_and_nothing_else(self, asking: Asking) -> None:
        fields = {"csrf_token": asking.owner.token(), "answer": "agree", "shown": ["Nothing is sent."]}
        asking.owner.client.post(f"{PATH}/probes", data=fields)
        assert "has changed in the meantime" in asking.owner.get(PATH).text
        assert asking.run().result(ROW) is None

    def test_it_ends_when_another_service_takes_the_place(self, asking: Asking) -> None:
        asking.agree()
        rows = queueing.rows_of_run(asking.place, None)
        other = Workplace(replace(asking.place.settings, check_host_url="none"))
        assert ROW in rows
        assert ROW not in queueing.rows_of_run(other, None)
        other.database.close()

    def test_taken_back_nobody_is_asked_any_more(self, asking: Asking) -> None:
        asking.agree()
        asking.owner.post(f"{PATH}/probes", answer="take-back")
        assert asking.run().result(ROW) is None
        assert asking.questions == 0

    def test_a_form_without_an_answer_changes_nothing(self, asking: Asking) -> None:
        assert asking.owner.post(f"{PATH}/probes", answer="maybe").status_code == 400


class TestRow:
    """What the row says, from the stand-ins through the job to the page."""

    def test_the_right_server_seen_from_three_places_is_green(self, asking: Asking) -> None:
        asking.agree()
        run = asking.run()
        (verdict,) = run.results[-1].verdicts
        assert (verdict.code, verdict.level) == ("outside-ok", Level.OK)
        page = Page(asking.owner.get(f"/hosts/{asking.host.key}/checks/{run.id}"))
        assert "From public probes" in page.words
        assert "Berlin" in page.words

    def test_only_domain_port_and_path_are_sent(self, asking: Asking) -> None:
        sealed = asking.place.vault.seal("a-plex-token-of-mine")
        hosts.save_host(asking.place.database, asking.host, sealed_token=sealed)
        asking.agree()
        asking.verdicts()
        sent = str([(one.target, one.headers, one.body) for one in asking.globalping.requests])
        assert "plex.example.com" in sent
        for secret in ("a-plex-token-of-mine", PLEX_ID, asking.host.upstream.address):
            assert secret not in sent

    def test_a_port_that_refuses_everybody_is_red_with_a_way_out(self, asking: Asking) -> None:
        refused = "connect ECONNREFUSED 203.0.113.7:443"
        asking.globalping.results[4] = [failed(said=refused), failed(said=refused)]
        asking.agree()
        run = asking.run()
        (verdict,) = run.results[-1].verdicts
        assert (verdict.code, verdict.level) == ("outside-refused", Level.FAILURE)
        assert run.standing is Standing.NOT_WORKING
        assert f"fix-{ROW}" in asking.owner.get(f"/hosts/{asking.host.key}/checks/{run.id}").text

    def test_a_fault_of_the_networks_is_unknown_and_never_blamed_on_the_person(self, asking: Asking) -> None:
        asking.globalping.instead = always(no_probes())
        asking.check_host.instead = always(rate_limited())
        asking.agree()
        run = asking.run()
        (verdict,) = run.results[-1].verdicts
        assert (verdict.code, verdict.level) == ("outside-could-not-ask", Level.UNKNOWN)
        assert verdict.why == "This says nothing about your set-up."

    def test_told_to_wait_the_first_is_left_alone_and_the_second_is_asked(self, asking: Asking) -> None:
        asking.globalping.instead = always(rate_limited("1200"))
        asking.agree()
        (verdict,) = asking.verdicts()
        assert verdict.code == "outside-not-proven", "check-host does not tell whose server it is"
        before = len(asking.globalping.requests)
        forget_answers(asking.place, keep="rest")
        asking.verdicts()
        assert len(asking.globalping.requests) == before, "the wait is shared through the broker"

    def test_asked_again_too_soon_the_same_answer_says_from_when_on_there_is_a_new_one(self, asking: Asking) -> None:
        asking.agree()
        asking.verdicts()
        age_answers(asking.place)
        first, note = asking.verdicts()
        assert (first.code, note.code) == ("outside-ok", "outside-kept")
        assert "can be asked again from" in note.summary
        assert asking.questions == 1
        forget_answers(asking.place)
        assert [verdict.code for verdict in asking.verdicts()] == ["outside-ok"]
        assert asking.questions == 2

    def test_another_server_that_answers_is_red(self, asking: Asking) -> None:
        asking.globalping.results[4] = [finished(body='{"MediaContainer": {"machineIdentifier": "abc"}}')]
        asking.agree()
        (verdict,) = asking.verdicts()
        assert (verdict.code, verdict.level) == ("outside-other-server", Level.FAILURE)

    def test_a_name_that_leads_nowhere_public_is_skipped(self, asking: Asking) -> None:
        asking.agree()
        local = given_host(asking.place, "plex.localhost")
        result = replace(asking, host=local).run().result(ROW)
        assert result is not None
        assert "leads nowhere outside your own network" in result.reason
        assert asking.questions == 0


def kept_answers(place: Workplace) -> list[str]:
    """The keys of all that is remembered."""
    return [str(key).removeprefix("porthole:probes:") for key in place.redis.keys("porthole:probes:*")]


def forget_answers(place: Workplace, keep: str = "-") -> None:
    """As when ten minutes have passed."""
    for key in kept_answers(place):
        if not key.startswith(keep):
            place.redis.delete(f"porthole:probes:{key}")


def age_answers(place: Workplace) -> None:
    """As when some minutes have passed."""
    memory = place.net.memory
    assert memory is not None
    for key in kept_answers(place):
        kept = memory.get(key)
        if kept is not None and kept.seen.asked_at is not None:
            memory[key] = replace(kept, seen=replace(kept.seen, asked_at=kept.seen.asked_at - 3 * MINUTE))
