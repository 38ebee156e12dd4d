"""What the stand-in Plex is told to be, and its preference table.

Keys, types, defaults and value lists of the preferences as public dumps of real servers show them; the wording of
labels is ours. Must not know sockets.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tests.fakes.plex_rules import Surroundings

PrefValue = str | int | bool


class Behaviour(StrEnum):
    """How the stand-in treats whoever connects."""

    NORMAL = "normal"
    SILENT = "silent"  # takes the request and never answers
    CLOSE = "close"  # closes every connection at once
    ERROR_500 = "error-500"  # answers 500 to everything
    OTHER_THING = "other-thing"  # answers like a router's page, whatever was asked


class Secure(StrEnum):
    """Secure connections, and below the numbers Plex stores."""

    REQUIRED = "required"
    PREFERRED = "preferred"
    DISABLED = "disabled"


SECURE_NUMBERS: dict[Secure, int] = {Secure.REQUIRED: 0, Secure.PREFERRED: 1, Secure.DISABLED: 2}


@dataclass(frozen=True, slots=True)
class PlexSettings:
    """Everything about the stand-in that a test may choose, also while it runs."""

    name: str = "Living room"
    machine_identifier: str = field(default_factory=lambda: secrets.token_hex(20))
    certificate_hash: str = field(default_factory=lambda: secrets.token_hex(16))  # <hash>.plex.direct
    version: str = "1.43.2.10687-stand-in"
    token: str = "demo-token"
    guest_token: str = "guest-token"
    is_claimed: bool = True
    has_plex_pass: bool = True
    own_subnets: tuple[str, ...] = ("192.168.1.0/24",)
    wan_address: str = "198.51.100.77"
    behaviour: Behaviour = Behaviour.NORMAL
    refuses_upgrades: bool = False
    notify_seconds: float = 5.0  # a notification to every listener this often; 0 sends none unasked
    interfaces: tuple[str, ...] = ("192.168.1.50",)  # its network cards, as PreferredNetworkInterface lists them
    omits_local: bool = False  # no Player@local, as in one recorded answer
    maps_addresses: bool = False  # Player@address in IPv6 form, ::ffff:a.b.c.d
    linger_seconds: float = 60.0  # a stream stays in /status/sessions this long after its last byte


@dataclass(frozen=True, slots=True)
class Preference:
    """One row of /:/prefs."""

    key: str
    kind: str  # bool, int, text, double
    default: PrefValue
    label: str
    group: str = "network"
    is_hidden: bool = False
    enum_values: str = ""


PREFERENCES: tuple[Preference, ...] = (
    Preference("FriendlyName", "text", "", "Friendly name", "general"),
    Preference("customConnections", "text", "", "Custom server access URLs"),
    Preference("secureConnections", "int", 1, "Secure connections", enum_values="1:Preferred|0:Required"),
    Preference("LanNetworksBandwidth", "text", "", "LAN Networks"),
    Preference("TreatWanIpAsLocal", "bool", True, "Treat WAN IP As LAN Bandwidth"),
    Preference("RelayEnabled", "bool", True, "Enable Relay"),
    Preference("allowedNetworks", "text", "", "Networks that are allowed without auth"),
    Preference("PublishServerOnPlexOnlineKey", "bool", False, "Remote access", is_hidden=True),
    Preference("ManualPortMappingMode", "bool", False, "Manual public port", is_hidden=True),
    Preference("ManualPortMappingPort", "int", 32400, "Public port", is_hidden=True),
    Preference("LastAutomaticMappedPort", "int", 0, "Last automatic port", is_hidden=True),
    Preference("WanPerStreamMaxUploadRate", "int", 0, "Remote limit of each stream"),
    Preference("WanTotalMaxUploadRate", "int", 0, "Remote limit of all streams"),
    Preference("WanPerUserStreamCount", "int", 0, "Remote streams of each user"),
    Preference("GdmEnabled", "bool", True, "Local discovery"),
    Preference("DlnaEnabled", "bool", False, "DLNA server", "dlna"),
    Preference("EnableIPv6", "bool", True, "IPv6"),
    Preference("PreferredNetworkInterface", "text", "", "Network interface", enum_values=":Any"),
    Preference("customCertificatePath", "text", "", "Custom certificate"),
    Preference("customCertificateKey", "text", "", "Custom certificate key"),
    Preference("customCertificateDomain", "text", "", "Custom certificate domain"),
    Preference("DisableTLSv1_0", "bool", True, "Strict TLS"),
    Preference("allowedHttpOrigins", "text", "", "Origins", is_hidden=True),
)
_ROWS = {row.key: row for row in PREFERENCES}


class Preferences:
    """The current value of every preference."""

    def __init__(self, values: Mapping[str, PrefValue] | None = None) -> None:
        self._values: dict[str, PrefValue] = {row.key: row.default for row in PREFERENCES}
        for key, value in (values or {}).items():
            self[key] = value

    def __getitem__(self, key: str) -> PrefValue:
        return self._values[key]

    def __setitem__(self, key: str, value: PrefValue) -> None:
        """Set a value of the right type. Raises KeyError for a key Plex does not have."""
        self._values[_ROWS[key].key] = value

    def put(self, key: str, text: str, *, has_plex_pass: bool = True) -> None:
        """What PUT /:/prefs does: an unknown key changes nothing and is answered with 200 all the same.

        So, here, does text that does not fit the type, and a Plex Pass preference on a server without one (both:
        not confirmed).
        """
        row = _ROWS.get(key)
        if row is None or (key == "LanNetworksBandwidth" and not has_plex_pass):
            return
        match row.kind:
            case "bool" if text in {"0", "1", "true", "false"}:
                self._values[key] = text in {"1", "true"}
            case "int" if text.isdigit():
                self._values[key] = int(text)
            case "text":
                self._values[key] = text
            case _:
                return

    def as_dict(self) -> dict[str, PrefValue]:
        """Every key with its value."""
        return dict(self._values)

    def rows(self) -> tuple[tuple[Preference, PrefValue], ...]:
        """The table in order, with the current values."""
        return tuple((row, self._values[row.key]) for row in PREFERENCES)

    @property
    def secure(self) -> Secure:
        """The secure connections preference as a word."""
        words = {number: word for word, number in SECURE_NUMBERS.items()}
        return words.get(int(self["secureConnections"]), Secure.PREFERRED)

    @secure.setter
    def secure(self, word: Secure) -> None:
        self["secureConnections"] = SECURE_NUMBERS[word]


def surroundings(settings: PlexSettings, preferences: Preferences) -> Surroundings:
    """What the rules need, gathered from settings and preferences."""
    return Surroundings(
        own_subnets=settings.own_subnets,
        wan_address=settings.wan_address,
        lan_networks=str(preferences["LanNetworksBandwidth"]),
        treats_wan_as_local=bool(preferences["TreatWanIpAsLocal"]),
        allowed_networks=str(preferences["allowedNetworks"]),
        is_claimed=settings.is_claimed,
    )
