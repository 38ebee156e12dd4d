"""Tailscale's control API: the list of machines, asked with an access token or as an OAuth client. Only ever reads.

`POST /oauth/token` (client credentials, RFC 6749, section 4.4) gives a token for one hour; it is used once and not
kept. `GET /tailnet/-/devices?fields=all` has no pages. Errors come as `{"message": …}`. Redirects are not followed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from wizard.core.addresses import Kind as Network
from wizard.core.addresses import kind_of, parse_address
from wizard.core.faults import Fault
from wizard.core.lenient import mapping, text_of
from wizard.core.tailnet_api import ApiTrouble, Credential, Kind, Told, read_devices
from wizard.net.apis import Api, Reply, wait_seconds
from wizard.net.deadline import Deadline

SECONDS = 20.0
MAX_BYTES = 8 * 1024 * 1024  # 1000 machines with all their fields are about 3 MiB
_STATUS = {401: ApiTrouble.REFUSED, 403: ApiTrouble.NOT_ALLOWED, 429: ApiTrouble.RATE_LIMITED}


def ask_devices(url: str, credential: Credential, *, seconds: float = SECONDS) -> Told:
    """The machines of the credential's own tailnet; every failure is a trouble in it. `url` is the API's base.

    Nothing of the credential, and no token that was made from it, stands in the result.
    """
    at = datetime.now(UTC)
    if not _is_safe(url):
        return Told(at, ApiTrouble.NOT_SAFE, f"The address is {url}.")
    with Api(url, Deadline(seconds), max_bytes=MAX_BYTES) as api:
        if credential.kind is Kind.ACCESS:
            return _list(api, credential.secret, at, (credential.secret,))
        form = {
            "grant_type": "client_credentials",
            "client_id": credential.client_id,
            "client_secret": credential.secret,
        }
        reply = api.ask("POST", "/oauth/token", form=form)
        token = mapping(reply.document).get("access_token")
        if reply.status != 200 or not isinstance(token, str) or not _is_header(token):
            is_unknown = reply.status == 400  # invalid_client and the like (RFC 6749, section 5.2)
            return _trouble(reply, at, (credential.secret,), ApiTrouble.REFUSED if is_unknown else None)
        return _list(api, token, at, (credential.secret, token))


def _list(api: Api, token: str, at: datetime, secrets: tuple[str, ...]) -> Told:
    headers = {"Authorization": f"Bearer {token}"}
    reply = api.ask("GET", "/tailnet/-/devices", query={"fields": "all"}, headers=headers)
    told = read_devices(reply.document, at) if reply.status == 200 and reply.fault is None else None
    return told or _trouble(reply, at, secrets)


def _trouble(reply: Reply, at: datetime, secrets: tuple[str, ...], trouble: ApiTrouble | None = None) -> Told:
    return Told(at, trouble or _why(reply), _said(reply, secrets), wait_seconds(reply))


def _why(reply: Reply) -> ApiTrouble:
    if reply.fault is Fault.TIMED_OUT:
        return ApiTrouble.TOO_SLOW
    if reply.fault is Fault.TOO_LARGE:
        return ApiTrouble.NOT_UNDERSTOOD
    if reply.fault is not None or not reply.status:
        return ApiTrouble.UNREACHABLE
    return _STATUS.get(reply.status, ApiTrouble.DOWN if reply.status >= 500 else ApiTrouble.NOT_UNDERSTOOD)


def _said(reply: Reply, secrets: tuple[str, ...]) -> str:
    """The other side's own words, without any secret that it repeats."""
    message = mapping(reply.document).get("message")
    words = message if isinstance(message, str) else reply.detail
    for secret in secrets:
        words = words.replace(secret, "…")
    status = f"It answered with status {reply.status}. " if reply.status else ""
    return f"{status}{text_of(words)}".strip()


def _is_header(token: str) -> bool:
    return token.isascii() and token.isprintable() and bool(token.strip())


def _is_safe(url: str) -> bool:
    """A secret travels only encrypted, or not off this machine."""
    parts = urlsplit(url)
    address = parse_address(parts.hostname or "")
    is_here = parts.hostname == "localhost" or (address is not None and kind_of(address) is Network.LOOPBACK)
    return parts.scheme == "https" or is_here
