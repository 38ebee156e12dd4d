"""What is queued, in which order, and what never crosses the queue."""

from __future__ import annotations

import base64
import json
import re
from graphlib import TopologicalSorter

from tasks import queueing
from tasks.queueing import LIMITS, NEEDS, USUAL
from tests.jobs.acting import add_host, ended_run, start_apply
from tests.whole_system import System
from wizard.checks import CHECKS
from wizard.core.runs import APPLY, Row, State, dependants, next_moves
from wizard.core.vantages import check_of
from wizard.core.verdicts import Level
from wizard.store import hosts

TOKEN = "a-plex-token-that-nobody-may-see"


class TestNeeds:
    """The needs of the checks there are."""

    def test_they_form_no_circle_and_name_only_what_exists(self) -> None:
        assert set(TopologicalSorter(NEEDS).static_order()) == {APPLY, *CHECKS}

    def test_what_looks_through_caddy_waits_until_caddy_has_the_configuration(self) -> None:
        through = {name for name, check in CHECKS.items() if check.through_caddy}
        assert {"tls", "identity", "headers", "websocket"} <= through
        assert dependants(APPLY, NEEDS) == through

    def test_the_others_start_beside_it(self) -> None:
        rows = [Row(name, State.WAITING) for name in (APPLY, *CHECKS)]
        assert {APPLY, "upstream", "dns"} <= set(next_moves(rows, NEEDS).start)

    def test_a_failed_apply_is_the_cause_of_all_that_is_skipped(self) -> None:
        rows = [Row(APPLY, State.DONE, Level.FAILURE), *(Row(name, State.WAITING) for name in CHECKS)]
        assert dict(next_moves(rows, NEEDS).skip) == dict.fromkeys(dependants(APPLY, NEEDS), APPLY)

    def test_a_usual_run_is_whole_without_the_checks_that_take_minutes(self) -> None:
        assert not any(CHECKS[name].deep for name in USUAL)
        assert all(needed in {APPLY, *USUAL} for name in USUAL for needed in NEEDS[name])
        assert max(LIMITS[name] for name in USUAL) <= 60


def queued_messages(system: System) -> list[str]:
    """The body of every job that was ever queued, from the file in which the broker writes down each command."""
    folder = system.settings.data / "valkey" / "appendonlydir"
    text = b"".join(path.read_bytes() for path in sorted(folder.iterdir())).decode("utf-8", "replace")
    return [base64.b64decode(body).decode() for body in re.findall(r'"body":\s*"([A-Za-z0-9+/=]+)"', text)]


def test_no_token_crosses_the_queue_or_lands_in_a_log(system: System) -> None:
    system.start("web")
    host = add_host(system)
    place = system.place
    hosts.save_host(place.database, host, sealed_token=place.vault.seal(TOKEN))
    system.plex.change(token=TOKEN)
    done = ended_run(system, queueing.start_apply_and_run(place, host.key, "Added"))
    assert done.result("websocket") is not None
    assert any(TOKEN in str(seen.headers) + seen.target for seen in system.plex.seen), "the token was not used at all"
    messages = queued_messages(system)
    arguments = [json.loads(message)[0] for message in messages]
    assert [done.id, "upstream", 1] in arguments
    assert TOKEN not in "".join(messages)
    for part in system.parts.values():
        assert TOKEN not in part.log
    assert TOKEN not in system.access_log()
    assert all(TOKEN not in str(result) for result in done.results)


def test_only_ids_and_names_cross_the_queue(system: System) -> None:
    host = add_host(system)
    ended_run(system, start_apply(system, host, "upstream", "tls"))
    for message in queued_messages(system):
        arguments, named, _ = json.loads(message)
        assert named == {}
        if arguments and isinstance(arguments[0], dict):  # to and from a worker elsewhere: test_vantage.py
            assert "reply" in arguments[0]
            continue
        assert all(
            isinstance(value, int) or check_of(value) in CHECKS or value == "no-such-check" for value in arguments
        )
