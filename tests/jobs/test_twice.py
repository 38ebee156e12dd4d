"""Every job may run twice: the second time changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from tasks import app, discovering
from tasks.reading import read_on
from tests.fakes.access_lines import lines
from tests.jobs.acting import add_host
from tests.store.going import work
from tests.whole_system import System
from wizard.caddy.logs import log_file
from wizard.core import tailnet_api
from wizard.core.connection import Facts
from wizard.core.servers import Candidate
from wizard.discovering import Search
from wizard.store import hosts, notices, profiles, progress, receivers, revisions, traffic, ways
from wizard.store.clock import now
from wizard.store.notices import Notice
from wizard.store.tables import RunRow, Table

app.loader.import_default_modules()
OURS = sorted(name for name in app.tasks if not name.startswith("celery."))


def _apply(system: System) -> tuple[Any, ...]:
    add_host(system)
    return (revisions.create_revision(system.place.database, "Added"),)


def _check(system: System) -> tuple[Any, ...]:
    run = progress.create_run(system.place.database, add_host(system).key, ("upstream",))
    progress.plan_run(system.place.database, run.id, {})
    return run.id, "upstream", 1


def _sweep(system: System) -> tuple[Any, ...]:
    progress.create_run(system.place.database, add_host(system).key, ("upstream",))
    return ()


def _revive(system: System) -> tuple[Any, ...]:
    run_id, check, attempt = _check(system)
    progress.begin_result(system.place.database, run_id, check, attempt, "a worker that died")
    return ()


def _read_log(system: System) -> tuple[Any, ...]:
    host = add_host(system)
    log = Path(log_file(system.place.edge.log_folder, host.domain.name))
    log.write_bytes(b"".join(lines(50)))
    return (host.key,)


def _read_logs(system: System) -> tuple[Any, ...]:
    _read_log(system)
    return ()


def _forget(system: System) -> tuple[Any, ...]:
    (key,) = _read_log(system)
    saved = hosts.load_host(system.place.database, key)
    assert saved is not None
    read_on(system.place, saved, seconds=10)
    traffic.set_keeping(system.place.database, key, masks=False, keep_days=-40_000)  # everything is old
    return ()


def _conclude(system: System) -> tuple[Any, ...]:
    run = progress.create_run(system.place.database, add_host(system).key, ("upstream",))
    work(system.place.database, run.id, {})
    return (run.id,)


def _tell(system: System) -> tuple[Any, ...]:
    place = system.place
    sealed = place.vault.seal("json://127.0.0.1:1/")
    (receiver_id,) = receivers.add_receivers(place.database, [("Webhook", sealed)])
    return (notices.add_test(place.database, receiver_id, Notice(f"n{receiver_id}", "down", "It is down", "")),)


def _schedule(system: System) -> tuple[Any, ...]:
    add_host(system)
    return ()


def _clear(system: System) -> tuple[Any, ...]:
    database, key = system.place.database, add_host(system).key
    for _ in range(2):
        work(database, progress.create_run(database, key, ("upstream",)).id, {})
    with database.write() as session:
        session.execute(update(RunRow).values(created_at=now() - timedelta(days=100)))
    return ()


def _look(system: System) -> tuple[Any, ...]:
    return (add_host(system).key,)


def _network_profile(system: System) -> tuple[Any, ...]:
    return (profiles.ask_profile(system.place.database),)


def _read_tailnet_api(system: System) -> tuple[Any, ...]:
    place = system.place
    ways.save_way(place.database, tailnet_api.KEY, {"kind": "access"}, place.vault.seal("tskey-api-x"))
    return ()


def _discover(system: System) -> tuple[Any, ...]:
    system.place.redis.delete("porthole:discovering")
    discovering.start_discovery(system.place)
    asked = discovering.load_discovery(system.place)
    assert asked is not None
    return (asked.number,)


# what each job is given; a new job needs a row here
ARGUMENTS: dict[str, Callable[[System], tuple[Any, ...]]] = {
    "apply": _apply,
    "check": _check,
    "revive": _revive,
    "forget_old_traffic": _forget,
    "look": _look,
    "read_log": _read_log,
    "read_logs": _read_logs,
    "network_profile": _network_profile,
    "read_tailnet_api": _read_tailnet_api,
    "discover": _discover,
    "sweep": _sweep,
    "conclude": _conclude,
    "tell": _tell,
    "schedule": _schedule,
    "clear": _clear,
}

LOOKS = {
    "look": "keeps only what it saw last, and not in the database",
    "look_at_way": "keeps only what it saw last",
    "watch_ways": "queues the one above for each way in",
    "observed": "tests/jobs/test_observing.py sends an answer twice",
}
"""Jobs that look again the second time, or that are tried elsewhere."""


def rows(system: System) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in the database."""
    with system.place.database.read() as session:
        return {
            name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key.columns))]
            for name, table in Table.metadata.tables.items()
        }


def test_every_job_is_tried() -> None:
    assert sorted({*ARGUMENTS, *LOOKS}) == OURS


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
def test_a_job_that_runs_twice_changes_nothing_the_second_time(
    system: System, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "send_task", lambda *_, **__: None)  # nobody else works on what follows
    monkeypatch.setattr("tasks.profiling.gather", lambda _: Facts())  # tests ask nobody outside
    known = Search(known=(Candidate("127.0.0.1", system.plex.port, kind="plex"),), loopback=True)
    monkeypatch.setattr("tasks.discovering.build_search", lambda _: known)
    arguments = ARGUMENTS[name](system)
    untouched = rows(system)
    app.tasks[name](*arguments)
    once = rows(system)
    assert once != untouched
    app.tasks[name](*arguments)
    assert rows(system) == once
