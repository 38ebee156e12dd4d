"""Words for what Tailscale's control API told: why it could not be read, and one row for each machine. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from wizard.core.tailnet_api import ApiTrouble, Device, Told, as_machine
from wizard.core.tailnet_verdicts import SOON
from wizard.core.tailnet_words import key_words

_SENTENCES = {
    ApiTrouble.REFUSED: "Tailscale’s API refused the credential: it has ended, was revoked, or is not the whole text",
    ApiTrouble.NOT_ALLOWED: "Tailscale’s API knows the credential, but it may not read the list of machines",
    ApiTrouble.RATE_LIMITED: "Tailscale’s API was asked too often and wants a pause",
    ApiTrouble.UNREACHABLE: "Tailscale’s API cannot be reached from here",
    ApiTrouble.TOO_SLOW: "Tailscale’s API gave no answer in time",
    ApiTrouble.DOWN: "Tailscale’s API has a problem of its own at the moment",
    ApiTrouble.NOT_UNDERSTOOD: "What answered is not Tailscale’s API. Headscale has no such API",
    ApiTrouble.NOT_SAFE: "The address begins with http, so the credential would travel unencrypted. Nothing was sent",
    ApiTrouble.NOT_OPENED: "The saved credential cannot be opened: the secret key of this installation has changed",
}
_MOST_ROUTES = 3


def trouble_words(trouble: ApiTrouble) -> str:
    """Why nothing was read, in one sentence."""
    return _SENTENCES[trouble]


def moment_words(at: datetime) -> str:
    """A moment as it stands in a detail."""
    return f"{at.day} {at:%B %Y} at {at:%H:%M} UTC"


def count_words(told: Told) -> str:
    """How many machines there are."""
    number = len(told.devices) + told.more
    online = sum(one.is_online is True for one in told.devices)
    return f"{number} {'machine' if number == 1 else 'machines'}, {online} online"


@dataclass(frozen=True, slots=True)
class Row:
    """One machine on the page. `notes` are what somebody should know; those with nothing to say come last."""

    label: str
    dns_name: str
    addresses: tuple[str, ...]
    state: str
    owner: str
    key: str
    path: str
    notes: tuple[str, ...]


def rows_of(told: Told, at: datetime) -> tuple[Row, ...]:
    """Every machine, those with notes first."""
    rows = (_row(one, at) for one in told.devices)
    return tuple(sorted(rows, key=lambda row: (not row.notes, row.label.lower())))


def _row(device: Device, at: datetime) -> Row:
    state = {True: "Online", False: "Offline", None: "Not said"}[device.is_online]
    key = "Of another tailnet" if device.is_external else key_words(as_machine(device, at), at).partition(", in ")[0]
    owner = ", ".join(device.tags) or device.user
    return Row(
        device.label,
        device.dns_name,
        device.addresses,
        state,
        owner,
        key,
        path_evidence(device),
        tuple(_notes(device, at)),
    )


def path_evidence(device: Device) -> str:
    """What the machine reported about its connection; empty when it reported nothing."""
    words = []
    if device.udp is False:
        words.append("UDP is blocked")
    elif device.varies is not None:
        words.append("Strict translator" if device.varies else "Easy translator")
    if device.region:
        far = "" if device.region_milliseconds is None else f", {device.region_milliseconds:.0f} ms"
        words.append(f"nearest relay {device.region}{far}")
    text = ", ".join(words)
    return text[:1].upper() + text[1:]


def _notes(device: Device, at: datetime) -> list[str]:
    notes = []
    if device.is_authorized is False:
        notes.append("Waits for approval")
    if device.expires_at is not None and device.expires_at - at < SOON:
        notes.append("Key has expired" if device.expires_at <= at else "Key expires soon")
    if device.blocks_incoming:
        notes.append("Blocks incoming connections")
    if device.pending:
        more = len(device.pending) - _MOST_ROUTES
        named = ", ".join(device.pending[:_MOST_ROUTES])
        notes.append(f"Route not approved: {named}{f' and {more} more' if more > 0 else ''}")
    if device.has_update:
        notes.append("Update available")
    return notes
