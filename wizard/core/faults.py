"""What can go wrong on a network, as a closed set of values.

Only names live here; `wizard.net` turns exceptions into them, by type, in one table.
"""

from enum import StrEnum


class Fault(StrEnum):
    """Why a network call gave no answer."""

    REFUSED = "refused"
    TIMED_OUT = "timed-out"
    UNREACHABLE = "unreachable"  # nobody at that address, said a router or our own kernel
    NO_NETWORK = "no-network"  # ours: this machine has no way to that network at all
    NAME_NOT_FOUND = "name-not-found"
    NO_ADDRESS = "no-address"
    RESOLVER_FAILED = "resolver-failed"
    RESET = "reset"
    CLOSED = "closed"
    TLS_FAILED = "tls-failed"
    NOT_TLS = "not-tls"  # something answered, in plain text
    NO_CERTIFICATE = "no-certificate"  # an alert in place of a certificate
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    NAME_MISMATCH = "name-mismatch"
    UNTRUSTED = "untrusted"
    NOT_HTTP = "not-http"
    TOO_LARGE = "too-large"
    OTHER = "other"

    @property
    def is_ours(self) -> bool:
        """True when it says nothing about the other side: this machine could not even ask."""
        return self in {Fault.NO_NETWORK, Fault.RESOLVER_FAILED}
