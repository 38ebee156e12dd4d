"""What UPnP gateways say of their line: WANIPConnection and WANPPPConnection, GetExternalIPAddress, GetStatusInfo.

Every gateway that answers is asked, because two in a row prove a double NAT. Must not know what an address means.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from wizard.core.addresses import parse_address
from wizard.core.connection import Gateway
from wizard.net import exchange, uploads
from wizard.net.deadline import Deadline
from wizard.net.exchange import Terms
from wizard.net.ssdp import Found, is_own_page

SERVICES = ("urn:schemas-upnp-org:service:WANIPConnection:", "urn:schemas-upnp-org:service:WANPPPConnection:")
_MOST_DESCRIPTION_BYTES = 128 * 1024
_MOST_TEXT = 60
_MOST_SERVICES = 4
_BODY = (
    '<?xml version="1.0"?>'
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
    's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">'
    '<s:Body><u:{action} xmlns:u="{service}"></u:{action}></s:Body></s:Envelope>'
)


@dataclass(frozen=True, slots=True)
class Described:
    """What a description says: the device's name, its page for people, and (service type, control URL) pairs."""

    name: str = ""
    page: str = ""
    services: tuple[tuple[str, str], ...] = ()


def ask_gateways(found: Sequence[Found], deadline: Deadline) -> tuple[Gateway, ...]:
    """Ask each one side by side. A device that is no gateway, or does not answer in time, is left out."""
    if not found:
        return ()
    with ThreadPoolExecutor(len(found)) as pool:
        asked = pool.map(lambda one: _ask_gateway(one, deadline), found)
        known = {gateway.address: gateway for gateway in reversed([one for one in asked if one is not None])}
    return tuple(known[address] for address in dict.fromkeys(one.address for one in found) if address in known)


def _ask_gateway(found: Found, deadline: Deadline) -> Gateway | None:
    try:
        answer = exchange.get(found.location, _host(found.location), (), _terms(), deadline)
        described = read_description(answer.body, found.location) if answer.status == 200 else None
        if described is None or not described.services:
            return None
        said = [_ask_service(kind, url, deadline) for kind, url in described.services]
    except TimeoutError:
        return None
    wan, is_connected = max(said, key=lambda one: (bool(parse_address(one[0])), one[1] is True))
    return Gateway(found.address, wan, described.name, is_connected, link=described.page)


def _ask_service(kind: str, url: str, deadline: Deadline) -> tuple[str, bool | None]:
    told = _call(kind, url, "GetExternalIPAddress", deadline)
    status = _call(kind, url, "GetStatusInfo", deadline)
    is_connected = None if status is None else _text(status, "NewConnectionStatus") == "Connected"
    wan = "" if told is None else _text(told, "NewExternalIPAddress")
    return (str(parse_address(wan) or ""), is_connected if told is not None or status is not None else False)


def _call(kind: str, url: str, action: str, deadline: Deadline) -> Element | None:
    headers = (
        ("Content-Type", 'text/xml; charset="utf-8"'),
        ("SOAPAction", f'"{kind}#{action}"'),
    )
    body = _BODY.format(action=action, service=kind).encode()
    answer = uploads.send_body(url, _host(url), headers, _terms(), body, deadline).answer
    return _parse(answer.body) if answer.status == 200 else None


def read_description(body: str, location: str) -> Described | None:
    """The WAN connections in a device description (UPnP Device Architecture, section 2.3); None for no XML.

    Control URLs that lead to another host are left out.
    """
    root = _parse(body)
    if root is None:
        return None
    host = urlsplit(location).hostname or ""
    found: list[tuple[str, str]] = []
    for service in _each(root, "service"):
        kind, url = _text(service, "serviceType"), urljoin(location, _text(service, "controlURL"))
        if kind.startswith(SERVICES) and is_own_page(url, host) and urlsplit(url).hostname == host:
            found.append((kind, url))
    page = urljoin(location, _text(root, "presentationURL"))
    return Described(
        name=_text(root, "friendlyName"),
        page=page if _text(root, "presentationURL") and is_own_page(page, host) else "",
        services=tuple(dict.fromkeys(found))[:_MOST_SERVICES],
    )


def _parse(body: str) -> Element | None:
    try:
        root: Element = fromstring(body.strip())
    except (ParseError, DefusedXmlException, ValueError):
        return None
    return root


def _each(root: Element, name: str) -> Iterator[Element]:
    return (one for one in root.iter() if one.tag.rpartition("}")[2] == name)


def _text(root: Element, name: str) -> str:
    """The text of the first element of that name, whatever its namespace: one short printable line."""
    found = next(_each(root, name), None)
    text = (found.text or "") if found is not None else ""
    return "".join(c for c in text if c.isprintable()).strip()[: 8 * _MOST_TEXT if "URL" in name else _MOST_TEXT]


def _host(url: str) -> tuple[str, ...]:
    return (urlsplit(url).hostname or "",)


def _terms() -> Terms:
    return Terms(max_bytes=_MOST_DESCRIPTION_BYTES)
