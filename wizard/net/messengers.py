"""Sending a notice to an address that Apprise knows: ntfy, a webhook, mail, and many more.

The one place that knows Apprise. It is loaded when it is first used: it is large, and most processes never send.
"""

from __future__ import annotations

import ipaddress
import re
import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

SECONDS = 20.0
_NO_SERVICE = frozenset({"file", "syslog", "dbus", "gnome", "macosx", "windows", "glib", "kde", "qt"})
_HOST_IS_HOST = frozenset({"JSON", "XML", "Form", "ntfy", "Gotify", "E-Mail", "Matrix", "Mattermost", "Apprise API"})
_WORDS = {
    401: "It wants another user name, password or token (answer 401)",
    403: "It does not let this user or token send there (answer 403)",
    404: "There is nothing at this address (answer 404)",
    429: "It takes no more messages for now (answer 429)",
}


@dataclass(frozen=True, slots=True)
class Messenger:
    """An address that can be sent to. `shown` is the service, and its host where that is no secret."""

    url: str
    shown: str


def read_messenger(text: str) -> Messenger | None:
    """What somebody typed, as an address to send to; None when no service is known for it.

    A plain http or https address of no known service is a webhook: it gets the message as JSON.
    """
    url = text.strip()
    scheme = urlsplit(url).scheme.lower()
    if not scheme or scheme in _NO_SERVICE:
        return None
    service = _service(url)
    if service is None and scheme in {"http", "https"}:
        url = ("jsons" if scheme == "https" else "json") + url[len(scheme) :]
        service = _service(url)
    if service is None:
        return None
    name, host = str(service.service_name), _host_of(service)
    return Messenger(url, f"{'Webhook' if name == 'JSON' else name}{f', {host}' if host else ''}")


def send_message(url: str, title: str, body: str) -> str:
    """Send one message, within about SECONDS; gives what went wrong in a sentence, empty when it was taken.

    The sentence never holds a part of the address: that may be a secret.
    """
    apprise = _apprise()
    sender = apprise.Apprise()
    if not sender.add(url):
        return "Nothing is known that could send to this address"
    said: list[str] = []
    taken = sender.notify(
        body=body,
        title=title,
        timeout=SECONDS,
        log_callback=lambda entry, _service: said.append(entry.message),
        log_level=30,  # warnings and worse
    )
    return "" if taken else _trouble(" ".join(said))


def _trouble(said: str) -> str:
    code = re.search(r"error[= ](\d{3})\b", said)
    if code is not None:
        number = int(code[1])
        return _WORDS.get(number, f"It answered with {number} instead of taking the message")
    if "onnection error" in said or "imeout" in said or "imed out" in said:
        return "Nothing answers there, or not in time"
    return "It did not take the message"


def _host_of(service: Any) -> str:
    """Only where it names a machine: elsewhere Apprise keeps a token or a topic in its place."""
    host = str(getattr(service, "host", "") or "")
    return host if service.service_name in _HOST_IS_HOST and _names_machine(host) else ""


def _names_machine(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return "." in host or host == "localhost"
    return True


def _service(url: str) -> Any:
    return _apprise().Apprise.instantiate(url, suppress_exceptions=True)


@cache
def _apprise() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # one of its parts asks for imghdr
        import apprise  # noqa: PLC0415 -- see the top

        apprise.Apprise.instantiate("json://localhost")  # loads every service, with the same warning
    return apprise
