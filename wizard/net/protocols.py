"""Which versions of TLS a server takes: one handshake for each, verified by nobody. Must not judge them."""

from __future__ import annotations

import ssl
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

from wizard.core.faults import Fault
from wizard.net.deadline import Deadline
from wizard.net.faults import NETWORK_ERRORS, fault_of, words_of
from wizard.net.streams import dial, secure
from wizard.net.tls import blind_context


class Version(StrEnum):
    """Versions of TLS, the two that were given up (RFC 8996) as one."""

    OLD = "TLS 1.0 or 1.1"
    TLS_1_2 = "TLS 1.2"
    TLS_1_3 = "TLS 1.3"


@dataclass(frozen=True, slots=True)
class Offer:
    """Whether a server takes one version: when `fault` is None. Other faults than those of TLS leave it open."""

    version: Version
    fault: Fault | None = None
    detail: str = ""

    @property
    def is_taken(self) -> bool:
        """True when the handshake succeeded."""
        return self.fault is None

    @property
    def is_turned_away(self) -> bool:
        """True when the server was there and wanted no such handshake."""
        return self.fault in {Fault.TLS_FAILED, Fault.NO_CERTIFICATE, Fault.RESET, Fault.CLOSED, Fault.NOT_TLS}


def _context(version: Version) -> ssl.SSLContext:
    context = blind_context()
    if version is not Version.OLD:
        exact = {Version.TLS_1_2: ssl.TLSVersion.TLSv1_2, Version.TLS_1_3: ssl.TLSVersion.TLSv1_3}[version]
        context.minimum_version = context.maximum_version = exact
        return context
    context.set_ciphers("ALL:@SECLEVEL=0")  # OpenSSL 3 speaks the old versions at no other level
    with warnings.catch_warnings():  # that the old versions are old is why they are asked for
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


# made while nothing else runs: the filter of warnings is one for all threads
_CONTEXTS = {version: _context(version) for version in Version}


def offers(name: str, port: int, addresses: tuple[str, ...], seconds: float) -> tuple[Offer, ...]:
    """One handshake for each version, side by side, with `name` as SNI."""

    def try_version(version: Version) -> Offer:
        try:
            secure(dial(addresses, port, Deadline(seconds)), _CONTEXTS[version], name).close()
        except NETWORK_ERRORS as error:
            return Offer(version, fault_of(error), words_of(error))
        return Offer(version)

    with ThreadPoolExecutor(len(Version)) as pool:
        return tuple(pool.map(try_version, Version))
