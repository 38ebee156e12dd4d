"""Talking JSON to a third party over HTTP, with `requests`: no cookies, no redirects, nothing of the environment.

Every conversation has one overall deadline, however slowly the other side drips. Must not know any API.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from importlib import metadata
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import msgspec
import requests
from requests.cookies import RequestsCookieJar

from wizard.core.faults import Fault
from wizard.core.outside import Unasked, Why, host_of
from wizard.net import names
from wizard.net.deadline import Deadline
from wizard.net.faults import fault_of, words_of
from wizard.net.lines import Line, LineAdapter
from wizard.net.streams import dial

CALL_SECONDS = 15.0
MAX_BYTES = 512 * 1024
_PIECE = 8 * 1024
_MAX_DETAIL = 200
_MAX_WAIT_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. `status` 0 means that no answer came; then `fault` says why.

    `document` is the decoded JSON, None when there was none.
    """

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    document: Any = None
    fault: Fault | None = None
    detail: str = ""

    def header(self, name: str) -> str:
        """One response header; empty when it is absent."""
        return self.headers.get(name.lower(), "")


class Api:
    """One third party, for the length of one question. A context manager; `url` has no slash at its end.

    An answer of more than `max_bytes` is no answer.
    """

    def __init__(self, url: str, deadline: Deadline, *, max_bytes: int = MAX_BYTES) -> None:
        self.url = url
        self.deadline = deadline
        self.max_bytes = max_bytes
        self._call = deadline
        self._lines: list[Line] = []
        self._session = requests.Session()
        self._session.trust_env = False  # no proxies, no .netrc
        self._session.cookies = RequestsCookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, LineAdapter(self._dial, self._lend))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()
        for line in self._lines:
            line.cut()

    @property
    def host(self) -> str:
        """The host name, as it is shown to people."""
        return host_of(self.url)

    def left(self) -> float:
        """Seconds left of the whole conversation; 0 when none are."""
        try:
            return self.deadline.left()
        except TimeoutError:
            return 0.0

    def ask(
        self,
        method: str,
        path: str,
        *,
        document: Any = None,
        form: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request of at most 15 s, with `document` as JSON or `form` as a form.

        Every condition of the network is in the reply.
        """
        try:
            self._call = self.deadline.within(CALL_SECONDS)
            for line in self._lines:
                line.deadline = self._call
            with self._session.request(
                method,
                self.url + path,
                params=query,
                json=document,
                data=form,
                headers={**_headers(), **(headers or {})},
                allow_redirects=False,
                stream=True,
                timeout=self._call.left(),
            ) as response:
                return self._read(response)
        except (requests.RequestException, OSError) as error:
            root = _root(error)
            return Reply(fault=fault_of(root), detail=words_of(root)[:_MAX_DETAIL])

    def _read(self, response: requests.Response) -> Reply:
        headers = {name.lower(): value for name, value in response.headers.items()}
        body = bytearray()
        for piece in response.iter_content(_PIECE):
            body += piece
            if len(body) > self.max_bytes:
                return Reply(response.status_code, headers, fault=Fault.TOO_LARGE, detail="the answer was too large")
        try:
            document = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            document = None
        return Reply(response.status_code, headers, document)

    def _dial(self, port: int) -> socket.socket:
        where = names.addresses(
            urlsplit(self.url).hostname or "", servers=(), known={}, seconds=min(self._call.left(), 5.0)
        )
        if where.fault:
            raise socket.gaierror(socket.EAI_NONAME, f"{self.host}: {where.detail}")
        return dial(where.values, port, self._call).socket

    def _lend(self, connected: socket.socket) -> Line:
        self._lines.append(Line(connected, self._call))
        return self._lines[-1]

    def unasked(self, reply: Reply, *, ip_version: int = 0) -> Unasked:
        """Why a reply is of no use, with the seconds to wait when the other side named them."""
        why = _why(reply)
        wait = wait_seconds(reply) if why in {Why.RATE_LIMITED, Why.DOWN} else 0
        return Unasked(self.host, why, _said(reply), wait, ip_version)


def _headers() -> dict[str, str]:
    agent = f"Porthole/{metadata.version('porthole')}"
    return {"User-Agent": agent, "Accept": "application/json", "Accept-Encoding": "gzip, deflate"}


def _root(error: BaseException) -> BaseException:
    """The error of the network inside those that the libraries wrap around it; itself when there is none."""
    waiting: list[object] = [error]
    seen: list[BaseException] = []
    while waiting and len(seen) < 20:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or one in seen:
            continue
        seen.append(one)
        if fault_of(one) is not Fault.OTHER:
            return one
        waiting += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
    return error


def _why(reply: Reply) -> Why:
    if reply.fault is Fault.TOO_LARGE:
        return Why.NOT_UNDERSTOOD
    if reply.fault is Fault.TIMED_OUT:
        return Why.TOO_SLOW
    if not reply.status or reply.fault:
        return Why.UNREACHABLE
    if reply.status == 429:
        return Why.RATE_LIMITED
    if reply.status >= 500:
        return Why.DOWN
    is_refusal = reply.status >= 300 or (isinstance(reply.document, dict) and "error" in reply.document)
    return Why.REFUSED if is_refusal else Why.NOT_UNDERSTOOD


def _said(reply: Reply) -> str:
    """The other side's own words, from `{"error": {"message": …}}` or `{"error": …}`; else the status."""
    said: object = reply.document.get("error") if isinstance(reply.document, dict) else ""
    if isinstance(said, dict):
        params = said.get("params")
        named = "; ".join(map(str, params.values())) if isinstance(params, dict) else ""
        said = " ".join(part for part in (str(said.get("message", "")), named) if part)
    words = "".join(c for c in str(said or reply.detail) if c.isprintable())[:_MAX_DETAIL]
    return f"(status {reply.status}) {words}".rstrip() if reply.status else words


def wait_seconds(reply: Reply) -> int:
    """Seconds from Retry-After (number or date, RFC 9110, section 10.2.3), for 429 also from X-RateLimit-Reset."""
    text = reply.header("Retry-After") or (reply.header("X-RateLimit-Reset") if reply.status == 429 else "")
    if text.isdecimal():
        return min(int(text[:9]), _MAX_WAIT_SECONDS)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0
    left = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime.now(UTC)
    return min(max(int(left.total_seconds()) + 1, 0), _MAX_WAIT_SECONDS)
