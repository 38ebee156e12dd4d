"""Making one check: the scene is set from the store, the result is written back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from tasks.certificates import explained, hurry
from tasks.live import arrivals_of, note_proof, reached_from
from tasks.observing import prepare_question
from tasks.probing import agreed_probes
from tasks.sending import send
from tasks.surroundings import own_addresses
from tasks.workplace import Workplace
from wizard.checks import CHECKS, run_check
from wizard.checks.locality import Seen as LocalitySeen
from wizard.core.checks import Check, Scene, Skip
from wizard.core.health import OWNER
from wizard.core.hosts import Edge
from wizard.core.vantage_findings import did_not_answer
from wizard.core.vantages import HERE, PROBES, check_of, vantage_of
from wizard.core.verdicts import CheckResult, Level, Verdict
from wizard.core.wire import queue_of
from wizard.methods import placed
from wizard.store import hosts, progress, runs, server_words, tickets


def carry_out(place: Workplace, run_id: int, name: str, attempt: int, worker: str = "") -> None:
    """Make a queued check and write down what it found. Taken or ended already: nothing happens."""
    check = CHECKS.get(check_of(name))
    run = runs.load_run(place.database, run_id)
    saved = hosts.load_host(place.database, run.host_key) if run else None
    own = worker if vantage_of(name) == HERE else ""  # what was asked elsewhere is in no hand of ours
    if (
        check is None
        or run is None
        or saved is None
        or not progress.begin_result(place.database, run_id, name, attempt, own)
    ):
        return
    if vantage_of(name) != check.vantage:
        _ask_elsewhere(place, saved, check, run_id, name, attempt)
        return
    if name == "tls" and attempt > 1:  # asked again: what was repaired meanwhile is to be seen now
        hurry(place, place.edge_of(saved.host), [placed(saved.host)])
    result = run_check(check, place.net, set_scene(place, saved, check, light=run.cause != OWNER))
    if isinstance(result, Skip):
        skipped = Verdict(f"{check.name}-skipped", Level.OK, result.reason)
        progress.skip_result(place.database, run_id, name, attempt, skipped)
        return
    if name == "tls":
        result = explained(place, placed(saved.host), result)
    if name == "upstream" and result.level.rank < Level.FAILURE.rank:
        _remember_server(place, saved, result.observed)  # before the run may end: whoever waits for that reads it
        server_words.note_settings(place.database, saved.host.key, None, reached_from=reached_from(place, saved))
    if check.name == "locality":
        note_proof(place, saved.host.key, msgspec.convert(result.observed, LocalitySeen).streams)
    progress.finish_result(place.database, run_id, attempt, replace(result, check=name))


def _ask_elsewhere(
    place: Workplace, saved: hosts.SavedHost, check: Check[Any, Any], run_id: int, name: str, attempt: int
) -> None:
    """Send the question; the answer is a job of its own."""
    scene = set_scene(place, saved, check, with_token=False, light=_is_light(place, run_id))
    question = prepare_question(place, check, scene, run_id, name, attempt)
    if question is not None and not send("observe", msgspec.to_builtins(question), queue=queue_of(vantage_of(name))):
        silent = CheckResult(name, (did_not_answer(vantage_of(name)),))
        progress.finish_result(place.database, run_id, attempt, silent)


def _is_light(place: Workplace, run_id: int) -> bool:
    run = runs.load_run(place.database, run_id)
    return run is not None and run.cause != OWNER


def set_scene(
    place: Workplace,
    saved: hosts.SavedHost,
    check: Check[object, object],
    *,
    with_token: bool = True,
    light: bool = False,
) -> Scene:
    """Everything the subject of a check may be taken from. `light` asks it to move little."""
    domain, edge = saved.host.domain, place.edge_of(saved.host)
    return Scene(
        host=placed(saved.host),
        edge=edge,
        own_addresses=own_addresses(place),
        edge_addresses=edge.public_addresses,
        resolvers=place.settings.resolvers,
        roots_pem=_own_root(place, edge) if domain.is_localhost else "",
        echoes=tuple(tickets.issue_echo(place.database, domain.name) for _ in range(check.tickets)),
        token=place.vault.open(hosts.sealed_token(place.database, saved.host.key)) if with_token else "",
        words=server_words.load_words(place.database, saved.host.key),
        arrivals=arrivals_of(place, saved.host.key) if check.name == "locality" else (),
        way=place.way(saved.host.method) if with_token else None,
        hosts=tuple(place.hosts_at(edge)),
        probes=agreed_probes(place.database, place.settings) if check.vantage == PROBES else None,
        server_id=str(saved.server.get("id") or ""),
        server_name=str(saved.server.get("name") or ""),
        light=light,
    )


def _own_root(place: Workplace, edge: Edge) -> str:
    root = place.caddy_at(edge).local_root_pem()
    return root if isinstance(root, str) else ""


def _remember_server(place: Workplace, saved: hosts.SavedHost, observed: dict[str, object]) -> None:
    identity = observed.get("identity")
    if not isinstance(identity, dict):
        return
    server = {name: value for name, value in identity.items() if name != "seconds"}
    if not server["name"] and server["id"] == saved.server.get("id"):
        server["name"] = saved.server.get("name", "")  # some only tell it to whoever has a token
    if server != saved.server:
        hosts.note_server(place.database, saved.host.key, server)
