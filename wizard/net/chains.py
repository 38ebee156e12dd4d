"""A chain of certificates with a link missing: found by fetching that link where the certificate says it is.

Browsers do that, or know the link already; many players do neither. Must not know what to do about it.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID

from wizard.core.addresses import Kind, kind_of, parse_address
from wizard.net.deadline import Deadline
from wizard.net.exchange import get_bytes
from wizard.net.names import Addresses
from wizard.net.tls import Handshake

MOST_LINKS = 3
_MAX_BYTES = 32 * 1024

Lookup = Callable[[str], Addresses]


def fetch_missing(shown: Handshake, lookup: Lookup, deadline: Deadline) -> str:
    """The links above the last certificate that was shown, as PEM; "" when nothing was missing or it cannot be had.

    Follows `caIssuers` (RFC 5280, section 4.2.2.1) over plain http, as it is published. An address of a home
    network is asked only where the server itself is in one: whoever answers for a name chooses these addresses.
    """
    if not shown.chain_pem:
        return ""
    last = x509.load_pem_x509_certificate(shown.chain_pem[-1].encode())
    found: list[str] = []
    while len(found) < MOST_LINKS and last.issuer != last.subject:
        link = _fetch(last, shown.address, lookup, deadline)
        if link is None or link.subject != last.issuer:
            break
        if link.issuer == link.subject:
            break  # a root: those that count are known already
        found.append(link.public_bytes(Encoding.PEM).decode())
        last = link
    return "".join(found)


def _fetch(certificate: x509.Certificate, peer: str, lookup: Lookup, deadline: Deadline) -> x509.Certificate | None:
    for url in _urls(certificate):
        host = urlsplit(url).hostname or ""
        addresses = tuple(one for one in lookup(host).values if _may_ask(one, peer))
        if not addresses:
            continue
        if link := _read(get_bytes(url, addresses, _MAX_BYTES, deadline)):
            return link
    return None


def _read(body: bytes) -> x509.Certificate | None:
    for load in (x509.load_der_x509_certificate, x509.load_pem_x509_certificate):
        try:
            return load(body)
        except ValueError:
            continue
    return None


def _urls(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    locations = (
        str(one.access_location.value)
        for one in found
        if one.access_method == AuthorityInformationAccessOID.CA_ISSUERS
    )
    return tuple(url for url in locations if url.startswith("http://"))[:2]


def _may_ask(address: str, peer: str) -> bool:
    wanted, there = parse_address(address), parse_address(peer)
    if wanted is None:
        return False
    return kind_of(wanted) is Kind.PUBLIC or (there is not None and kind_of(there) is not Kind.PUBLIC)
