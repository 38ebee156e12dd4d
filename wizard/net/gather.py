"""Every probe of a connection side by side, each with its own deadline; facts are told as they land.

Must not know what the answers mean.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from wizard.core.connection import Fact, Facts, Machine, Place, State
from wizard.net.asking import Ask
from wizard.net.faults import NETWORK_ERRORS, words_of
from wizard.net.machine import look_at_machine
from wizard.net.probing import PROBES, Scene

Told = Callable[[str, Fact[Any]], None]


def gather(ask: Ask, told: Told = lambda _name, _fact: None) -> Facts:
    """Every fact that can be had within `ask.seconds`. `told` hears each as it lands, on the caller's thread.

    What did not end in time is "not measured"; its thread ends by itself at its own deadline.
    """
    ends_at = time.monotonic() + ask.seconds
    facts: dict[str, Fact[Any]] = {}

    def land(name: str, fact: Fact[Any]) -> None:
        facts[name] = replace(fact, at=fact.at or datetime.now(UTC))
        told(name, facts[name])

    machine = _machine(ask)
    for name, fact in _at_once(ask, machine).items():
        land(name, fact)
    scene = Scene(ask, machine, ends_at)
    if "hops" in facts:
        scene.note_way(())
    landed: queue.SimpleQueue[tuple[str, Fact[Any]]] = queue.SimpleQueue()
    waiting = {name for name in PROBES if name not in facts}
    for name in waiting:
        threading.Thread(target=_run, args=(name, scene, landed), daemon=True, name=f"probe {name}").start()
    while waiting and (left := ends_at - time.monotonic()) > 0:
        try:
            name, fact = landed.get(timeout=left)
        except queue.Empty:
            break
        waiting.discard(name)
        land(name, fact)
    for name in sorted(waiting):
        land(name, Fact(_nothing(name), note=f"No result within {ask.seconds:.0f} seconds"))
    return Facts(**facts)


def _machine(ask: Ask) -> Machine:
    machine = look_at_machine(ask.kernel)
    return replace(machine, four=replace(machine.four, gateways=ask.gateways)) if ask.gateways else machine


def _at_once(ask: Ask, machine: Machine) -> dict[str, Fact[Any]]:
    """What needs no network: what is so already, and what is not asked at all."""
    is_placed = ask.place is not Place.UNKNOWN
    known: dict[str, Fact[Any]] = {
        "machine": Fact(machine, State.MEASURED, "this machine"),
        "place": Fact(ask.place, State.MEASURED if is_placed else State.NOT_MEASURED),
    }
    if ask.tailnet:
        known["tailnet"] = Fact(ask.tailnet, State.MEASURED, "tailscaled")
    if not ask.pcp:
        known["pcp"] = Fact(
            (), State.NOT_ALLOWED, note="Not asked: it makes a mapping for a moment, and you have not allowed it"
        )
    for name, targets in (("stun", ask.stun), ("public4", ask.services), ("public6", ask.services)):
        if not targets:
            known[name] = Fact((), State.NOT_ALLOWED, note="Not asked: no service is set for it")
    if not (ask.stun or ask.services):
        known["hops"] = Fact((), State.NOT_ALLOWED, note="Not asked: no service is set towards which to look")
        known["pages"] = Fact((), State.NOT_MEASURED, note="Not asked: the way out is not known")
    return known


def _run(name: str, scene: Scene, landed: queue.SimpleQueue[tuple[str, Fact[Any]]]) -> None:
    try:
        fact = PROBES[name](scene)
    except NETWORK_ERRORS as error:
        fact = Fact(_nothing(name), note=f"Could not ask: {words_of(error)}")
    landed.put((name, fact))


def _nothing(name: str) -> Any:
    return getattr(Facts(), name).value
