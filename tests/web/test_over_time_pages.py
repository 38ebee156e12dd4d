"""What the pages say about time: doubt, age, history, what changed, and how often somebody looks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from tasks.concluding import conclude_run
from tests.web.browsing import BAD, CHECKS_USED, GOOD, Page, Visitor, end_check, given_host, refused
from wizard.core.health import SCHEDULE
from wizard.core.hosts import ProxyHost
from wizard.core.schedule import Due, Schedule
from wizard.core.verdicts import Verdict
from wizard.store import progress, runs, scheduled
from wizard.store.clock import now
from wizard.store.tables import DayRow, RunRow


@pytest.fixture
def host(owner: Visitor) -> ProxyHost:
    return given_host(owner.place)


def scheduled_run(owner: Visitor, host: ProxyHost, *verdicts: Verdict) -> int:
    """A scheduled run; as many of its checks have ended as verdicts are given."""
    newest = runs.latest_run(owner.place.database, host.key)
    due = Due(host.key, SCHEDULE, newest.id if newest else 0)
    run_id = scheduled.create_scheduled_run(owner.place.database, due, CHECKS_USED)
    assert run_id is not None
    for check, verdict in zip(CHECKS_USED, verdicts, strict=False):
        end_check(owner.place, run_id, check, verdict)
    conclude_run(owner.place, run_id)
    return run_id


def words(owner: Visitor, path: str) -> str:
    return Page(owner.get(path)).words


def test_a_first_failure_is_a_doubt_and_a_second_one_is_red(owner: Visitor, host: ProxyHost) -> None:
    scheduled_run(owner, host, GOOD, GOOD)
    doubted = scheduled_run(owner, host, GOOD, BAD)
    assert "Needs attention" not in words(owner, "/")
    assert "Working, last check failed: looking again" in words(owner, "/")
    page = Page(owner.get(f"/hosts/{host.key}"))
    assert "only a second failure turns this red" in page.words
    assert page.all("a", href=f"/hosts/{host.key}/checks/{doubted}")
    scheduled_run(owner, host, GOOD, BAD)
    assert "Needs attention" in words(owner, "/")
    assert "looking again" not in words(owner, "/")


def test_the_dashboard_does_not_flicker_while_the_schedule_looks(owner: Visitor, host: ProxyHost) -> None:
    scheduled_run(owner, host, GOOD, GOOD)
    scheduled_run(owner, host, GOOD)
    assert "Working Checked a moment ago" in words(owner, "/")
    progress.create_run(owner.place.database, host.key, CHECKS_USED)
    assert "Checking" in words(owner, "/")


@pytest.mark.parametrize(("minutes", "age", "is_old"), [(15, 44, False), (15, 46, True), (None, 46, False)])
def test_a_result_is_old_after_three_intervals(
    owner: Visitor, host: ProxyHost, minutes: int | None, age: int, is_old: bool
) -> None:
    scheduled.save_schedule(owner.place.database, Schedule(minutes))
    scheduled_run(owner, host, GOOD, GOOD)
    at = now() - timedelta(minutes=age)
    with owner.place.database.write() as session:
        session.execute(update(RunRow).values(created_at=at, finished_at=at))
    assert ("Result is old" in words(owner, "/")) is is_old


def test_the_strip_says_in_words_what_it_shows(owner: Visitor, host: ProxyHost) -> None:
    scheduled_run(owner, host, GOOD, GOOD)
    with owner.place.database.write() as session:
        for back in (3, 9):
            day = f"{now() - timedelta(days=back):%Y-%m-%d}"
            session.add(DayRow(host_key=host.key, day=day, checks=96, failures=2, interruptions=1))
    answer = owner.get(f"/hosts/{host.key}")
    page = Page(answer)
    assert "3 days: 2 short interruptions, 97.9 %" in page.words
    assert len(page.all("rect", **{"class": "day-short"})) == 2
    assert "Days with interruptions" in page.words
    assert "Checked every 15 minutes." in page.words
    assert "3 days: 2 short interruptions" in words(owner, "/")


def test_a_run_says_what_changed_since_the_one_before(owner: Visitor, host: ProxyHost) -> None:
    first = scheduled_run(owner, host, GOOD, GOOD)
    second = scheduled_run(owner, host, GOOD, BAD)
    third = scheduled_run(owner, host, GOOD, GOOD)
    assert "Since the run before" not in words(owner, f"/hosts/{host.key}/checks/{first}")
    said = f"Name leads to Caddy: {BAD.summary}"
    assert f"New {said}" in words(owner, f"/hosts/{host.key}/checks/{second}")
    assert f"Fixed {said}" in words(owner, f"/hosts/{host.key}/checks/{third}")
    assert "Started by the schedule" in words(owner, f"/hosts/{host.key}/checks/{third}")
    last = scheduled_run(owner, host, GOOD, GOOD)
    assert "Nothing changed, and nothing is wrong" in words(owner, f"/hosts/{host.key}/checks/{last}")


def test_the_list_leaves_out_what_found_nothing_new_and_goes_on_in_pages(
    owner: Visitor, host: ProxyHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [scheduled_run(owner, host, GOOD, verdict) for verdict in (GOOD, GOOD, BAD, BAD, GOOD)]

    def listed(path: str) -> list[int]:
        links = Page(owner.get(path)).all("a")
        return [run for run in reversed(made) if any(one.get("href", "").endswith(f"/checks/{run}") for one in links)]

    path = f"/hosts/{host.key}/checks"
    assert listed(path) == [made[4], made[2]]
    assert f"Schedule New: {BAD.summary}" in words(owner, path)
    assert listed(f"{path}?all=1") == made[::-1]
    monkeypatch.setattr("wizard.web.checks_list._SHOWN", 2)
    assert listed(f"{path}?all=1") == [made[4], made[3]]
    assert Page(owner.get(f"{path}?all=1")).all("a", href=f"{path}?before={made[3]}&all=1")
    assert listed(f"{path}?all=1&before={made[3]}") == [made[2], made[1]]
    assert "Earlier runs" not in words(owner, f"{path}?all=1&before={made[1]}").replace("Earlier runs Started", "")


def test_how_often_is_chosen_on_one_page(owner: Visitor) -> None:
    page = Page(owner.get("/settings/checks"))
    assert (page.checked("every"), page.checked("keep")) == (["15"], ["90"])
    assert owner.post("/settings/checks", every="off", keep="30").status_code == 303
    page = Page(owner.get("/settings/checks"))
    assert (page.checked("every"), page.checked("keep")) == (["off"], ["30"])
    assert scheduled.load_schedule(owner.place.database) == Schedule(None, 30)
    assert refused(owner.post("/settings/checks", every="7", keep="30")) == ["Select how often to check"]
