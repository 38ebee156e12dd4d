"""A "what is my address" service: `/` and `/ip` as text, `/json` as echoip has it, `/port/<n>` not at all.

python -m tests.fakes.address_service --listen 203.0.113.7:80 --listen 203.0.113.8:80
"""

from __future__ import annotations

import argparse
import contextlib
import ipaddress
import json
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler

from tests.fakes.http_pages import HttpPages, send_text
from tests.fakes.serving import host_and_port, serve_until_ended


class AddressTeller(HttpPages):
    """Tells every caller its address, or always `address` when one is given; a context manager. Ask `url`/ip."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, address: str = "", body: str = "") -> None:
        super().__init__(self._answer, host=host, port=port)
        self._address, self._body = address, body

    def _answer(self, asked: BaseHTTPRequestHandler) -> None:
        caller = ipaddress.ip_address(asked.client_address[0].partition("%")[0])
        told = self._address or str(getattr(caller, "ipv4_mapped", None) or caller)
        if asked.path not in {"/", "/ip", "/json"}:
            send_text(asked, 404, "", "text/plain")
        elif asked.path == "/json":
            document = json.dumps({"ip": told, "ip_decimal": int(ipaddress.ip_address(told))})
            send_text(asked, 200, self._body or document, "application/json")
        else:
            send_text(asked, 200, self._body or f"{told}\n", "text/plain; charset=utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """The service as a process."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.address_service", description=__doc__)
    parser.add_argument("--listen", action="append", required=True, help="address:port; may be given more than once")
    typed = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        places = [host_and_port(text, 80) for text in typed.listen]
        services = [stack.enter_context(AddressTeller(host=host, port=port)) for host, port in places]
        serve_until_ended({"urls": [service.url for service in services]})


if __name__ == "__main__":
    main()
