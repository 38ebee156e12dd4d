"""A Caddy that started anew without its configuration gets the proxy hosts back, without anybody asking."""

from __future__ import annotations

from tasks.queueing import start_apply
from tasks.watching import CAUSE, bring_back
from tests.jobs.acting import add_host, ended_revision
from tests.whole_system import System
from wizard.caddy.client import Running
from wizard.caddy.config import initial_config
from wizard.caddy.difference import served_domains
from wizard.core.runs import APPLY
from wizard.core.verdicts import CheckResult
from wizard.store import revisions
from wizard.store.attempts import Ending, finish_attempt
from wizard.store.hosts import remove_host


def domains(system: System) -> frozenset[str]:
    """What Caddy serves of ours."""
    running = system.caddy.get_config()
    assert isinstance(running, Running), running
    return served_domains(running.config)


def test_a_caddy_that_forgot_everything_gets_it_back(system: System) -> None:
    add_host(system)
    ended_revision(system, start_apply(system.place, "Added"))
    assert system.caddy.load(initial_config(system.place.edge), must_revalidate=True) is None
    assert domains(system) == frozenset()
    (revision_id,) = bring_back(system.place)
    assert ended_revision(system, revision_id).state == "applied"
    assert domains(system) == {"plex.localhost"}


def test_a_caddy_that_still_serves_us_is_left_alone(system: System) -> None:
    host = add_host(system)
    assert ended_revision(system, start_apply(system.place, "Added")).is_good
    assert bring_back(system.place) == []
    remove_host(system.place.database, host.key)
    assert bring_back(system.place) == []


def test_a_try_that_did_not_help_is_not_repeated_for_ever(system: System) -> None:
    add_host(system)
    revision_id = revisions.create_revision(system.place.database, CAUSE)
    finish_attempt(system.place.database, revision_id, Ending("refused"), CheckResult(APPLY, ()))
    assert bring_back(system.place) == []


def test_a_caddy_that_serves_nothing_because_all_is_paused_is_left_alone(system: System) -> None:
    add_host(system, paused=True)
    assert ended_revision(system, start_apply(system.place, "Paused")).is_good
    assert bring_back(system.place) == []


def test_a_caddy_that_had_it_all_along_is_not_asked_again_and_again(system: System) -> None:
    """Should the two ever disagree about what is served, this must not fill the list of attempts."""
    add_host(system)
    revision_id = revisions.create_revision(system.place.database, CAUSE)
    finish_attempt(system.place.database, revision_id, Ending("unchanged"), CheckResult(APPLY, ()))
    assert bring_back(system.place) == []
