"""The one table that turns exceptions into faults, by type.

TLS verification errors go by OpenSSL's verify code (x509_vfy.h), TLS alerts by OpenSSL's reason name.
"""

from __future__ import annotations

import errno
import http.client
import socket
import ssl

import dns.exception
import dns.name
import dns.resolver
from websockets.exceptions import InvalidHandshake, WebSocketException

from wizard.core.faults import Fault

NETWORK_ERRORS = (OSError, http.client.HTTPException, dns.exception.DNSException, WebSocketException, UnicodeError)
"""Everything the network can throw at us. Other exceptions are our own bugs and pass through."""

_VERIFY_CODES = {
    9: Fault.NOT_YET_VALID,
    10: Fault.EXPIRED,
    62: Fault.NAME_MISMATCH,  # the host name
    64: Fault.NAME_MISMATCH,  # the IP address
}
_NO_CERTIFICATE_REASONS = (
    # what Caddy sends while it has no certificate for a name is `internal error`
    "TLSV1_ALERT_INTERNAL_ERROR",
    "SSLV3_ALERT_HANDSHAKE_FAILURE",
    "TLSV1_UNRECOGNIZED_NAME",
    "TLSV1_ALERT_UNRECOGNIZED_NAME",
)
_NOT_TLS_REASONS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "UNKNOWN_PROTOCOL")
_NO_NETWORK = {errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPERM, errno.EACCES}
_UNREACHABLE = {errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.EINVAL}

_BY_TYPE: tuple[tuple[type[BaseException], Fault], ...] = (
    # the first match counts, so the narrower type stands first
    (ssl.SSLZeroReturnError, Fault.CLOSED),
    (ssl.SSLEOFError, Fault.CLOSED),
    (TimeoutError, Fault.TIMED_OUT),
    (ConnectionRefusedError, Fault.REFUSED),
    (http.client.RemoteDisconnected, Fault.CLOSED),
    (ConnectionError, Fault.RESET),
    (EOFError, Fault.CLOSED),
    (dns.resolver.NXDOMAIN, Fault.NAME_NOT_FOUND),
    (dns.resolver.NoAnswer, Fault.NO_ADDRESS),
    # names that cannot even be asked for
    (dns.exception.SyntaxError, Fault.NAME_NOT_FOUND),
    (dns.exception.FormError, Fault.NAME_NOT_FOUND),
    (dns.name.IDNAException, Fault.NAME_NOT_FOUND),
    (dns.exception.DNSException, Fault.RESOLVER_FAILED),
    (UnicodeError, Fault.NAME_NOT_FOUND),
    (http.client.LineTooLong, Fault.TOO_LARGE),
    (http.client.HTTPException, Fault.NOT_HTTP),
    (InvalidHandshake, Fault.NOT_HTTP),
    (WebSocketException, Fault.RESET),
)


def fault_of(error: BaseException) -> Fault:
    """The fault that an exception of NETWORK_ERRORS stands for; OTHER when the table does not know it."""
    match error:
        case ssl.SSLCertVerificationError():
            return _VERIFY_CODES.get(error.verify_code, Fault.UNTRUSTED)
        case socket.gaierror():
            return _fault_of_lookup(error)
        case ssl.SSLError() if not isinstance(error, (ssl.SSLZeroReturnError, ssl.SSLEOFError)):
            return _fault_of_tls(error)
    for kind, fault in _BY_TYPE:
        if isinstance(error, kind):
            return fault
    if isinstance(error, OSError) and error.errno in _NO_NETWORK:
        return Fault.NO_NETWORK
    if isinstance(error, OSError) and error.errno in _UNREACHABLE:
        return Fault.UNREACHABLE
    return Fault.OTHER


def words_of(error: BaseException) -> str:
    """A short technical detail: the type and what the library said about it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    said = str(error).split("\n", 1)[0].strip()
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _fault_of_lookup(error: socket.gaierror) -> Fault:
    if error.errno == socket.EAI_NONAME:
        return Fault.NAME_NOT_FOUND
    if error.errno == getattr(socket, "EAI_NODATA", None):
        return Fault.NO_ADDRESS
    return Fault.RESOLVER_FAILED


def _fault_of_tls(error: ssl.SSLError) -> Fault:
    reason = getattr(error, "reason", None) or ""  # absent when Python itself made the error
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return Fault.TIMED_OUT
    if reason in _NO_CERTIFICATE_REASONS:
        return Fault.NO_CERTIFICATE
    if reason in _NOT_TLS_REASONS:
        return Fault.NOT_TLS
    return Fault.TLS_FAILED
