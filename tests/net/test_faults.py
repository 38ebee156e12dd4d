"""The table from exceptions to faults."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl

import dns.exception
import dns.resolver
import pytest
from websockets.exceptions import InvalidMessage, ProtocolError

from wizard.core.faults import Fault
from wizard.net.faults import NETWORK_ERRORS, fault_of, words_of


def verification(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = code
    error.verify_message = "why"
    return error


def alert(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, reason)
    error.reason = reason
    return error


TABLE: list[tuple[BaseException, Fault]] = [
    (ConnectionRefusedError(), Fault.REFUSED),
    (TimeoutError(), Fault.TIMED_OUT),
    (ConnectionResetError(), Fault.RESET),
    (BrokenPipeError(), Fault.RESET),
    (http.client.RemoteDisconnected(""), Fault.CLOSED),
    (ssl.SSLEOFError(), Fault.CLOSED),
    (ssl.SSLZeroReturnError(), Fault.CLOSED),
    (OSError(errno.ENETUNREACH, ""), Fault.NO_NETWORK),
    (OSError(errno.EADDRNOTAVAIL, ""), Fault.NO_NETWORK),
    (OSError(errno.EHOSTUNREACH, ""), Fault.UNREACHABLE),
    (OSError(errno.EMFILE, ""), Fault.OTHER),
    (socket.gaierror(socket.EAI_NONAME, ""), Fault.NAME_NOT_FOUND),
    (socket.gaierror(socket.EAI_NODATA, ""), Fault.NO_ADDRESS),
    (socket.gaierror(socket.EAI_AGAIN, ""), Fault.RESOLVER_FAILED),
    (dns.resolver.NXDOMAIN(), Fault.NAME_NOT_FOUND),  # type: ignore[no-untyped-call]  # dnspython's own
    (dns.exception.Timeout(), Fault.RESOLVER_FAILED),  # type: ignore[no-untyped-call]  # dnspython's own
    (dns.resolver.NoResolverConfiguration(), Fault.RESOLVER_FAILED),  # type: ignore[no-untyped-call]  # as above
    (UnicodeError("label too long"), Fault.NAME_NOT_FOUND),
    (verification(10), Fault.EXPIRED),
    (verification(9), Fault.NOT_YET_VALID),
    (verification(62), Fault.NAME_MISMATCH),
    (verification(64), Fault.NAME_MISMATCH),
    (verification(18), Fault.UNTRUSTED),
    (verification(20), Fault.UNTRUSTED),
    (alert("TLSV1_ALERT_INTERNAL_ERROR"), Fault.NO_CERTIFICATE),
    (alert("SSLV3_ALERT_HANDSHAKE_FAILURE"), Fault.NO_CERTIFICATE),
    (alert("WRONG_VERSION_NUMBER"), Fault.NOT_TLS),
    (alert("UNSUPPORTED_PROTOCOL"), Fault.TLS_FAILED),
    (ssl.SSLError("The handshake operation timed out"), Fault.TIMED_OUT),
    (http.client.LineTooLong("header"), Fault.TOO_LARGE),
    (http.client.BadStatusLine("SSH"), Fault.NOT_HTTP),
    (InvalidMessage("no"), Fault.NOT_HTTP),
    (ProtocolError("no"), Fault.RESET),
]


@pytest.mark.parametrize(("error", "fault"), TABLE, ids=lambda value: repr(value)[:60])
def test_each_exception_has_its_fault(error: BaseException, fault: Fault) -> None:
    assert isinstance(error, NETWORK_ERRORS)
    assert fault_of(error) is fault
    assert words_of(error)


def test_our_own_bugs_are_no_network_errors() -> None:
    assert not isinstance(KeyError("x"), NETWORK_ERRORS)
    assert not isinstance(TypeError("x"), NETWORK_ERRORS)


def test_only_our_own_side_can_be_at_fault_for_what_we_could_not_ask() -> None:
    assert {fault for fault in Fault if fault.is_ours} == {Fault.NO_NETWORK, Fault.RESOLVER_FAILED}
