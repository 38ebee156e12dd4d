"""TLS handshakes and the certificates they show: who is trusted and why, and what was presented when nobody is."""

from __future__ import annotations

import _ssl
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from wizard.core.faults import Fault
from wizard.core.hosts import Verify, VerifyKind
from wizard.net.deadline import Deadline
from wizard.net.faults import NETWORK_ERRORS, fault_of, words_of
from wizard.net.streams import Stream, dial, secure


class Trust(StrEnum):
    """Who vouches for a certificate."""

    PUBLIC = "public"  # an authority that this machine and Mozilla's list know
    GIVEN = "given"  # only the roots that the caller gave, such as Caddy's own authority
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate. `names` are its DNS names and IP addresses, `sha256` is over DER in lower-case hex."""

    names: tuple[str, ...]
    subject: str
    issuer: str
    not_before_at: datetime
    not_after_at: datetime
    sha256: str
    pem: str
    is_self_signed: bool = False
    key: str = ""  # the kind of its key, such as `ECDSA P-256` or `RSA 2048`


@dataclass(frozen=True, slots=True)
class Handshake:
    """One TLS handshake. After a failed verification `certificate` still says what was shown."""

    name: str
    port: int
    address: str = ""
    local_address: str = ""
    protocol: str = ""
    certificate: Certificate | None = None
    chain_pem: tuple[str, ...] = ()  # as presented, the leaf first
    trust: Trust = Trust.NOBODY
    fault: Fault | None = None
    detail: str = ""
    seconds: float = 0.0
    missing: tuple[str, ...] = ()  # names of the links that were not sent: with them the chain would be trusted
    anchor: str = ""  # the issuer of the last certificate that was sent, which a device has to know

    @property
    def is_trusted(self) -> bool:
        """True when verification succeeded."""
        return self.trust is not Trust.NOBODY


class PinMismatchError(ssl.SSLCertVerificationError):
    """The server shows another certificate than the pinned one."""

    def __init__(self) -> None:
        super().__init__("another certificate than the pinned one")
        self.verify_code = 0
        self.verify_message = "the server shows another certificate than the pinned one"


def trusting_context(roots_pem: str = "") -> ssl.SSLContext:
    """Trusts public authorities, and those in `roots_pem` besides.

    Mozilla's list stands beside the system's, so that a slim container without one does not turn
    every good certificate red. Common names do not count as host names (RFC 9525, section 2).
    """
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if roots_pem:
        context.load_verify_locations(cadata=roots_pem)
    context.hostname_checks_common_name = False
    # Python 3.13 turns this on; players do not, and neither did Python before
    context.verify_flags &= ~ssl.VerifyFlags.VERIFY_X509_STRICT
    context.set_alpn_protocols(["http/1.1"])
    return context


def blind_context() -> ssl.SSLContext:
    """Verifies nothing: to look at a certificate, and for upstreams whose owner chose so."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context


def pinning_context(certificate_pem: str) -> ssl.SSLContext:
    """Trusts one certificate, self-signed or not, for its own names and while it is in date: as Caddy does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=certificate_pem)
    context.hostname_checks_common_name = False
    context.set_alpn_protocols(["http/1.1"])
    return context


def secure_as(stream: Stream, verify: Verify, *, name: str, roots_pem: str = "") -> Stream:
    """TLS over a stream, verified as `verify` says. `name` is asked for and verified unless it names another.

    Raises what the handshake raises, and PinMismatchError.
    """
    # as in Caddy's configuration: public authorities vouch for the name that was dialled, nothing else
    server_name = name if verify.kind is VerifyKind.SYSTEM else verify.server_name or name
    match verify.kind:
        case VerifyKind.OFF:
            return secure(stream, blind_context(), server_name)
        case VerifyKind.PINNED:
            secured = secure(stream, pinning_context(verify.certificate_pem), server_name)
            shown = _chain(secured, verified=False)
            if not shown or shown[0] != ssl.PEM_cert_to_DER_cert(_first(verify.certificate_pem)):
                secured.close()
                raise PinMismatchError
            return secured
        case _:
            return secure(stream, trusting_context(roots_pem), server_name)


def handshake(name: str, port: int, addresses: tuple[str, ...], *, roots_pem: str, deadline: Deadline) -> Handshake:
    """A verified handshake with `name` as SNI, and a second look without verification when that fails."""
    result = _shake(name, port, addresses, trusting_context(roots_pem), deadline, roots=_fingerprints(roots_pem))
    if result.fault in _VERIFICATION_FAULTS:
        look = present(name, port, addresses, deadline)
        return replace(look, fault=result.fault, detail=result.detail, seconds=deadline.spent())
    return result


def completed(shown: Handshake, links_pem: str, *, roots_pem: str, deadline: Deadline) -> Handshake:
    """The same handshake once more, with links that were not sent: `missing` names them when they suffice."""
    context = trusting_context(roots_pem)
    context.verify_flags &= ~ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN  # a link must not count as a root
    context.load_verify_locations(cadata=links_pem)
    again = _shake(shown.name, shown.port, (shown.address,), context, deadline)
    if again.fault is not None:
        return shown
    links = x509.load_pem_x509_certificates(links_pem.encode())
    return replace(shown, missing=tuple(common_name(link.subject) for link in links))


def present(name: str, port: int, addresses: tuple[str, ...], deadline: Deadline) -> Handshake:
    """What certificate a server shows, verified by nobody: `trust` stays NOBODY."""
    return _shake(name, port, addresses, blind_context(), deadline)


_VERIFICATION_FAULTS = {Fault.EXPIRED, Fault.NOT_YET_VALID, Fault.NAME_MISMATCH, Fault.UNTRUSTED}


def _shake(
    name: str,
    port: int,
    addresses: tuple[str, ...],
    context: ssl.SSLContext,
    deadline: Deadline,
    *,
    roots: frozenset[str] = frozenset(),
) -> Handshake:
    try:
        stream = secure(dial(addresses, port, deadline), context, name)
    except NETWORK_ERRORS as error:
        return Handshake(name, port, fault=fault_of(error), detail=words_of(error), seconds=deadline.spent())
    try:
        wrapped = stream.socket
        chain = _chain(stream, verified=False)
        return Handshake(
            name,
            port,
            stream.peer_address,
            stream.local_address,
            (wrapped.version() if isinstance(wrapped, ssl.SSLSocket) else "") or "",
            read_certificate(chain[0]) if chain else None,
            tuple(ssl.DER_cert_to_PEM_cert(one) for one in chain),
            _trust(stream, context, roots),
            seconds=deadline.spent(),
            anchor=_anchor(chain),
        )
    except NETWORK_ERRORS as error:
        # a server may cut the line between handshake and first look
        return Handshake(name, port, fault=fault_of(error), detail=words_of(error), seconds=deadline.spent())
    finally:
        stream.close()


def _anchor(chain: tuple[bytes, ...]) -> str:
    """Whom a device has to know to believe what was sent; a root that was sent along counts as itself."""
    try:
        return common_name(x509.load_der_x509_certificate(chain[-1]).issuer) if chain else ""
    except ValueError:
        return ""


def _trust(stream: Stream, context: ssl.SSLContext, roots: frozenset[str]) -> Trust:
    if context.verify_mode is ssl.CERT_NONE:
        return Trust.NOBODY
    anchors = _chain(stream, verified=True)
    # Caddy may have put its own root into this machine's store: that must not pass for a public authority
    given = bool(anchors) and _sha256(x509.load_der_x509_certificate(anchors[-1])) in roots
    return Trust.GIVEN if given else Trust.PUBLIC


def _chain(stream: Stream, *, verified: bool) -> tuple[bytes, ...]:
    """The DER chain of a TLS stream, leaf first: as presented, or as verified up to its root."""
    wrapped = stream.socket
    method = "get_verified_chain" if verified else "get_unverified_chain"
    public: Callable[[], list[bytes]] | None = getattr(wrapped, method, None)  # Python 3.13 and later
    if public is not None:
        return tuple(public() or ())
    inner = getattr(getattr(wrapped, "_sslobj", None), method, None)
    return tuple(one.public_bytes(_ssl.ENCODING_DER) for one in (inner() or ())) if inner else ()


def read_certificate(der: bytes) -> Certificate | None:
    """A certificate from DER; None when it cannot be read."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        return Certificate(
            _names(certificate),
            certificate.subject.rfc4514_string(),
            _issuer(certificate),
            certificate.not_valid_before_utc,
            certificate.not_valid_after_utc,
            _sha256(certificate),
            certificate.public_bytes(Encoding.PEM).decode(),
            certificate.issuer == certificate.subject,
            _key(certificate),
        )
    except ValueError:
        return None


def _key(certificate: x509.Certificate) -> str:
    match certificate.public_key():
        case rsa.RSAPublicKey() as key:
            return f"RSA {key.key_size}"
        case ec.EllipticCurvePublicKey() as key:
            return f"ECDSA P-{key.key_size}"
        case _:
            return ""


def common_name(name: x509.Name) -> str:
    """The common name, else the whole name."""
    for attribute in name.get_attributes_for_oid(x509.NameOID.COMMON_NAME):
        return str(attribute.value)
    return name.rfc4514_string()


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    names = found.get_values_for_type(x509.DNSName)
    return (*names, *(str(address) for address in found.get_values_for_type(x509.IPAddress)))


def _issuer(certificate: x509.Certificate) -> str:
    for attribute in (
        *certificate.issuer.get_attributes_for_oid(x509.NameOID.COMMON_NAME),
        *certificate.issuer.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME),
    ):
        return str(attribute.value)
    return certificate.issuer.rfc4514_string()


def _sha256(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex()


def _fingerprints(roots_pem: str) -> frozenset[str]:
    if not roots_pem:
        return frozenset()
    return frozenset(_sha256(one) for one in x509.load_pem_x509_certificates(roots_pem.encode()))


def _first(certificate_pem: str) -> str:
    end = "-----END CERTIFICATE-----"
    return certificate_pem[: certificate_pem.index(end) + len(end)] + "\n"
