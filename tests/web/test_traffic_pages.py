"""Pages of traffic: history, requests, exports, what is kept. Nothing of it is for strangers or shows a token."""

from __future__ import annotations

import csv
import io
import json
import time

import pytest

from tests.fakes.access_lines import Asked, line
from tests.web.browsing import Page, Visitor, given_host
from wizard.caddy.access_counts import Rules, count
from wizard.caddy.access_log import Decoded, decode
from wizard.core.hosts import ProxyHost
from wizard.store import traffic
from wizard.store.traffic import Advance

WHERE = Advance("f" * 64, 1024, 5_000, "")
TV = "192.168.1.40"
TOKEN = "s3cr3tt0k3n"


def judge(address: str) -> str:
    return "local" if address.startswith("192.168.") else "remote"


def counted(owner: Visitor, host: ProxyHost, *all_of: Asked, broken: int = 0, lost_track: bool = False) -> None:
    decoded = decode(b"".join(map(line, all_of)))
    known = traffic.load_log(owner.place.database, host.key)
    sums = count([decoded, Decoded([], broken)], Rules(judge), keep=1_000)
    advance = Advance("f" * 64, 1024, 5_000, "", lost_track=lost_track)
    assert traffic.add_counted(owner.place.database, host.key, known.version, sums, advance)


@pytest.fixture
def host(owner: Visitor) -> ProxyHost:
    return given_host(owner.place, upload_mbps=20.0)


def address(host: ProxyHost, rest: str) -> str:
    return f"/hosts/{host.key}/traffic/{rest}"


@pytest.mark.parametrize("rest", ["history", "requests", "keeping", "export.csv", "history/stream"])
def test_a_stranger_sees_nothing_of_it(stranger: Visitor, owner: Visitor, host: ProxyHost, rest: str) -> None:
    assert stranger.get(address(host, rest)).status_code == 303


@pytest.mark.parametrize("rest", ["history", "requests", "keeping"])
def test_a_host_without_traffic_has_whole_pages(owner: Visitor, host: ProxyHost, rest: str) -> None:
    answer = owner.get(address(host, rest))
    assert answer.status_code == 200
    assert "Nothing is counted yet" in answer.text
    assert owner.get(f"/hosts/none/traffic/{rest}").status_code == 404


def test_history_shows_viewers_with_local_and_remote(owner: Visitor, host: ProxyHost) -> None:
    now = time.time()
    counted(owner, host, Asked(at=now - 90, size=7_500_000), Asked(at=now - 90, address=TV, name="<b>TV</b>", size=5))
    page = Page(owner.get(address(host, "history")))
    assert "The last 30 minutes" in page.words
    assert "Anna's Pixel 203.0.113.21 · Plex for Android (Mobile) · Android Remote 7.5 MB" in page.words
    assert "<b>TV</b> 192.168.1.40" in page.words, "names of devices are text"
    assert "Upload 20 Mbit/s" in page.words
    assert "2 lines counted" in page.words


@pytest.mark.parametrize(
    ("key", "title"), [("24h", "24 hours"), ("7d", "7 days"), ("90d", "90 days"), ("x", "30 minutes")]
)
def test_every_window_has_its_picture(owner: Visitor, host: ProxyHost, key: str, title: str) -> None:
    counted(owner, host, Asked(at=time.time() - 5, size=7_500_000))
    page = Page(owner.get(address(host, f"history?window={key}")))
    assert f"Local and Remote in the last {title}" in page.words
    assert [one["href"].rpartition("=")[2] for one in page.all("a", **{"aria-current": "true"})] == [
        key if key != "x" else "30m"
    ]


def test_live_updates_pause_without_a_script_and_stay_paused(owner: Visitor, host: ProxyHost) -> None:
    live = owner.get(address(host, "history?window=24h"))
    assert f'data-live="{address(host, "history/stream?window=24h")}"' in live.text
    paused = owner.get(address(host, "history?window=24h&paused=1"))
    assert "data-live" not in paused.text
    assert "Go on with live updates" in paused.text
    assert f"{address(host, 'history')}?window=7d&amp;paused=1" in paused.text, "other windows stay paused"


def test_requests_are_searched_and_paged(owner: Visitor, host: ProxyHost) -> None:
    now = time.time()
    counted(owner, host, *(Asked(at=now - 100 + number, uri=f"/part/{number:03d}") for number in range(60)))
    counted(owner, host, Asked(at=now, address=TV, name="TV", uri=f"/photo?X-Plex-Token={TOKEN}", status=502))
    first = owner.get(address(host, "requests"))
    words = Page(first).words
    assert words.index("GET /photo?X-Plex-Token") < words.index("/part/059") < words.index("/part/058")
    assert TOKEN not in first.text
    (older,) = [one["href"] for one in Page(first).all("a") if "before=" in one.get("href", "")]
    second = Page(owner.get(older)).words
    assert "/part/000" in second
    assert "/part/059" not in second
    found = Page(owner.get(address(host, "requests?words=502&locality=local"))).words
    assert "GET /photo?X-Plex-Token" in found
    assert "/part/" not in found
    assert "No request fits" in Page(owner.get(address(host, "requests?words=nobody"))).words


@pytest.mark.parametrize("query", ["before=x", "before=-5", f"before={2**40}", "locality=martian", "words=%25%27%22"])
def test_odd_questions_are_answered(owner: Visitor, host: ProxyHost, query: str) -> None:
    counted(owner, host, Asked())
    assert owner.get(address(host, f"requests?{query}")).status_code == 200


def test_how_each_request_ended_is_told(owner: Visitor, host: ProxyHost) -> None:
    counted(
        owner,
        host,
        Asked(status=206, seconds=0.0, size=6_500_000),
        Asked(status=101, seconds=900.0, size=0),
        Asked(status=499, size=0),
    )
    words = Page(owner.get(address(host, "requests"))).words
    for told in ("206, cut off 6.5 MB Not logged", "WebSocket, ended 0 B 15 min", "Viewer left 0 B 20 ms"):
        assert told in words


def test_an_export_is_a_file_whose_cells_are_no_formulas(owner: Visitor, host: ProxyHost) -> None:
    counted(
        owner,
        host,
        Asked(at=time.time() - 5, name='=HYPERLINK("http://evil")', size=10),
        Asked(at=time.time() - 4, address=TV),
    )
    answer = owner.get(address(host, "export.csv?window=24h"))
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == "attachment; filename=traffic-plex.example.com-24h.csv"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {(row["counted_as"], row["address"]) for row in rows} == {("remote", "203.0.113.21"), ("local", TV)}
    assert "'=HYPERLINK" in answer.text
    document = json.loads(owner.get(address(host, "export.json?window=24h")).text)
    assert {row["device"] for row in document} == {'=HYPERLINK("http://evil")', "Anna's Pixel"}
    assert json.loads(owner.get(address(given_host(owner.place, "b.example.com"), "export.json")).text) == []


def test_what_is_kept_is_chosen_on_a_page(owner: Visitor, host: ProxyHost) -> None:
    counted(owner, host, Asked())
    answer = owner.post(address(host, "keeping"), keep_days="30", masks="y")
    assert answer.status_code == 303
    log = traffic.load_log(owner.place.database, host.key)
    assert (log.keep_days, log.masks) == (30, True)
    assert "203.0.113.0" in owner.get(address(host, "requests")).text
    owner.post(address(host, "keeping"), keep_days="-1")
    log = traffic.load_log(owner.place.database, host.key)
    assert (log.keep_days, log.masks) == (30, False), "a number that is none of the choices changes nothing"


def test_everything_is_forgotten_when_asked(owner: Visitor, host: ProxyHost) -> None:
    counted(owner, host, Asked())
    owner.post(address(host, "keeping"), forget="y")
    assert "No requests yet" in owner.get(address(host, "requests")).text


def test_broken_lines_gaps_and_an_unreadable_log_are_told(owner: Visitor, host: ProxyHost) -> None:
    counted(owner, host, Asked(), broken=3, lost_track=True)
    words = Page(owner.get(address(host, "history"))).words
    assert "3 lines could not be read and are not in the sums" in words
    assert "Once the log was gone before it was read to its end" in words
    traffic.note_trouble(owner.place.database, host.key, "Permission denied")
    assert (
        "The access log cannot be read The system says: Permission denied"
        in Page(owner.get(address(host, "history"))).words
    )


def test_a_stream_draws_again_when_something_was_counted(
    owner: Visitor, host: ProxyHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.web.traffic_stream.LOOK_SECONDS", 0.01)
    answer = owner.client.get(address(host, "requests/stream"), buffered=False)
    assert answer.mimetype == "text/event-stream"
    events = (event.decode() for event in answer.iter_encoded() if event.startswith(b"id:"))
    assert "No requests yet" in next(events)
    counted(owner, host, Asked(uri="/just/now"))
    parts = json.loads(next(events).partition("data: ")[2])["parts"]
    assert "/just/now" in parts["traffic-requests"]
    answer.close()


def test_the_live_picture_alone_is_small(owner: Visitor, host: ProxyHost) -> None:
    counted(owner, host, *(Asked(at=time.time() - number * 20, size=number * 99_991) for number in range(90)))
    answer = owner.client.get(address(host, "history/stream"), buffered=False)
    first = next(event for event in answer.iter_encoded() if event.startswith(b"id:"))
    answer.close()
    assert len(first) < 3_600
