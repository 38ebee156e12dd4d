"""Reading the list of machines from Tailscale's control API, for pages and checks that must not wait for it.

The credential is opened here, used, and goes nowhere else: not into a job's arguments, not into what is kept.
"""

from __future__ import annotations

from datetime import timedelta
from math import ceil

import msgspec

from tasks.workplace import Workplace
from wizard.core.shapes import learn
from wizard.core.tailnet_api import KEY, ApiTrouble, Credential, Kind, Told, after
from wizard.net.tailscale_api import ask_devices
from wizard.store import ways
from wizard.store.clock import now
from wizard.store.ways import SavedWay

LEAST_PAUSE = timedelta(seconds=20)
"""A job that is delivered twice, or a button that is pressed again and again, asks once."""
KIND, CLIENT_ID = "kind", "client_id"
learn(Told)


def read_tailnet_api(place: Workplace) -> bool:
    """Read the list and keep it; False when there is nothing to ask with, or it is too early to ask again."""
    saved = ways.load_way(place.database, KEY)
    if not saved.sealed or not place.settings.tailscale_api:
        return False
    before = told_of(saved)
    if seconds_to_wait(before):
        return False
    credential = credential_of(place, saved)
    if credential is None:
        told = Told(now(), ApiTrouble.NOT_OPENED)
    else:
        told = ask_devices(place.settings.tailscale_api, credential)
    return keep_told(place, saved.sealed, after(before, told))


def seconds_to_wait(before: Told | None) -> int:
    """How long nothing is asked yet: a little always, longer when the API wanted a pause."""
    if before is None:
        return 0
    return max(0, ceil((max(before.tried_at + LEAST_PAUSE, before.may_ask_at) - now()).total_seconds()))


def save_credential(place: Workplace, credential: Credential, told: Told) -> None:
    """Keep a credential with what was read with it when it was tried."""
    sealed = place.vault.seal(credential.secret)
    values = {KIND: credential.kind.value, CLIENT_ID: credential.client_id}
    ways.save_way(place.database, KEY, values, sealed)
    keep_told(place, sealed, told)


def keep_told(place: Workplace, sealed: str, told: Told) -> bool:
    """Keep what was read with a credential; False when that was replaced or forgotten meanwhile."""
    return ways.note_seen_with(place.database, KEY, sealed, msgspec.to_builtins(told))


def credential_of(place: Workplace, saved: SavedWay) -> Credential | None:
    """The saved credential; None when the vault cannot open it."""
    secret = place.vault.open(saved.sealed)
    kind = Kind.OAUTH if saved.values.get(KIND) == Kind.OAUTH else Kind.ACCESS
    return Credential(kind, secret, str(saved.values.get(CLIENT_ID, ""))) if secret else None


def last_told(place: Workplace) -> Told | None:
    """What was read last with the credential of this installation; None before the first time."""
    return told_of(ways.load_way(place.database, KEY))


def told_of(saved: SavedWay) -> Told | None:
    """What was read last; None before the first time, or when another version wrote it."""
    try:
        return msgspec.convert(saved.seen, Told) if saved.seen is not None else None
    except msgspec.ValidationError:
        return None
