"""The echo as a player sees it, asked of the real web server: ranges, bounds, and tickets that are good once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
import requests

from tests.checks.lab import Lab
from wizard.core.checks import Echo
from wizard.core.film import read_film
from wizard.store import tickets
from wizard.web import echo_streams
from wizard.web.echo_streams import EVENTS, MOST_FILM_BYTES, MOST_UPLOAD_BYTES

SIZE = 200_003
SECONDS = 10


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def echo(lab: Lab) -> Echo:
    return tickets.issue_echo(lab.system.place.database, lab.system.domain)


def url(lab: Lab, echo: Echo, rest: str) -> str:
    return f"{lab.system.url}{echo.path}/{rest}"


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=70000-140000", 70_000, 140_001),
        ("bytes=200000-", 200_000, SIZE),
        ("bytes=199000-999999", 199_000, SIZE),
        ("bytes=-3", SIZE - 3, SIZE),
        (f"bytes=-{SIZE + 5}", 0, SIZE),
    ],
)
def test_a_range_is_answered_with_exactly_that(
    lab: Lab, echo: Echo, http: requests.Session, asked: str, start: int, stop: int
) -> None:
    answer = http.get(url(lab, echo, f"bytes?size={SIZE}"), headers={"Range": asked}, timeout=SECONDS)
    assert (answer.status_code, answer.headers["Content-Range"]) == (206, f"bytes {start}-{stop - 1}/{SIZE}")
    assert answer.content == read_film(echo.mark, start, stop)


@pytest.mark.parametrize("asked", ["", "items=0-1", "bytes=0-1,5-6", "bytes=9-5", "nonsense"])
def test_no_range_that_counts_is_answered_with_the_whole(
    lab: Lab, echo: Echo, http: requests.Session, asked: str
) -> None:
    headers = {"Range": asked} if asked else {}
    answer = http.get(url(lab, echo, f"bytes?size={SIZE}"), headers=headers, timeout=SECONDS)
    assert (answer.status_code, answer.headers["Accept-Ranges"]) == (200, "bytes")
    assert "Content-Range" not in answer.headers
    assert answer.content == read_film(echo.mark, 0, SIZE)


def test_a_range_behind_the_end_is_416(lab: Lab, echo: Echo, http: requests.Session) -> None:
    answer = http.get(url(lab, echo, f"bytes?size={SIZE}"), headers={"Range": f"bytes={SIZE}-"}, timeout=SECONDS)
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{SIZE}")


def test_the_head_alone_says_how_long_it_is(lab: Lab, echo: Echo, http: requests.Session) -> None:
    answer = http.head(url(lab, echo, f"bytes?size={SIZE}"), timeout=SECONDS)
    assert (answer.status_code, answer.headers["Content-Length"]) == (200, str(SIZE))
    assert answer.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize("size", ["0", "-1", "x", str(MOST_FILM_BYTES + 1), ""])
def test_no_film_is_longer_than_the_bound(lab: Lab, echo: Echo, http: requests.Session, size: str) -> None:
    assert http.get(url(lab, echo, f"bytes?size={size}"), timeout=SECONDS).status_code == 404
    assert http.get(url(lab, echo, "bytes?size=1"), timeout=SECONDS).status_code == 200  # the ticket was not used up


def test_events_are_numbered_and_timed(lab: Lab, echo: Echo, http: requests.Session) -> None:
    answer = http.get(url(lab, echo, "events"), timeout=SECONDS)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    lines = [line.split(" ") for line in answer.text.splitlines() if line]
    assert [line[:3] for line in lines] == [["data:", echo.mark, str(number)] for number in range(EVENTS)]
    sent = [int(line[3]) for line in lines]
    assert sent[0] == 0
    assert sent == sorted(sent)


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_an_upload_is_counted_and_not_kept(lab: Lab, echo: Echo, http: requests.Session, method: str) -> None:
    body = read_film(echo.mark, 0, 3_000_000)  # far more than a form of ours may hold
    answer = http.request(method, url(lab, echo, "upload"), data=body, timeout=SECONDS)
    assert answer.json() == {"mark": echo.mark, "size": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def test_an_upload_beyond_the_bound_is_refused(lab: Lab, echo: Echo, http: requests.Session) -> None:
    answer = http.post(url(lab, echo, "upload"), data=bytes(MOST_UPLOAD_BYTES + 1), timeout=SECONDS)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("method", "rest"), [("GET", "events"), ("GET", "bytes?size=10"), ("HEAD", "bytes?size=10"), ("POST", "upload")]
)
def test_a_ticket_is_good_once_for_one_of_them(
    lab: Lab, echo: Echo, http: requests.Session, method: str, rest: str
) -> None:
    assert http.request(method, url(lab, echo, rest), timeout=SECONDS).status_code == 200
    for again in ("events", "bytes?size=10"):
        assert http.get(url(lab, echo, again), timeout=SECONDS).status_code == 404
    assert http.post(url(lab, echo, "upload"), timeout=SECONDS).status_code == 404


def test_without_a_ticket_there_is_nothing(lab: Lab, http: requests.Session) -> None:
    nobody = Echo(f"{tickets.PREFIX}/nobody-gave-this", "")
    for method, rest in (("GET", "events"), ("GET", "bytes?size=10"), ("POST", "upload"), ("PUT", "upload")):
        assert http.request(method, url(lab, nobody, rest), timeout=SECONDS).status_code == 404


def test_a_viewer_who_leaves_in_the_middle_leaves_no_trace(lab: Lab, echo: Echo, http: requests.Session) -> None:
    with http.get(url(lab, echo, f"bytes?size={MOST_FILM_BYTES}"), stream=True, timeout=SECONDS) as answer:
        assert answer.raw.read(1000) == read_film(echo.mark, 0, 1000)
    again = tickets.issue_echo(lab.system.place.database, lab.system.domain)
    assert http.get(url(lab, again, "bytes?size=10"), timeout=SECONDS).status_code == 200
    assert "Traceback" not in lab.system.parts["web"].log


class Line:
    """Stands where the web server's own socket is, and remembers how patient it was told to be."""

    def __init__(self) -> None:
        self.patience: list[float | None] = []

    def settimeout(self, seconds: float | None) -> None:
        self.patience.append(seconds)


def test_a_film_ends_with_a_cut_when_it_ran_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line()
    monkeypatch.setattr(echo_streams, "_FILM_SECONDS", -1.0)
    with pytest.raises(TimeoutError):
        next(echo_streams._play("mark", range(200_000), line))
    assert line.patience == [120.0, None]  # a peer that never reads is given up, and the next request is not affected


def test_a_viewer_who_leaves_gives_the_line_back() -> None:
    line = Line()
    film = echo_streams._play("mark", range(200_000), line)
    next(film)
    film.close()  # type: ignore[attr-defined]  # a generator, which is an iterator to whoever plays it
    assert line.patience == [120.0, None]
