"""A name server on a loopback port with the records a test gives it, over UDP and TCP. Must not know the door."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset


class NameServer:
    """Answers from `records`: (name, kind) -> values. Unknown names do not exist; `rcode` overrides everything.

    `address` and `port` choose where it listens: several servers may share a port on several loopback addresses.
    Every absence carries a SOA record, so that it is remembered for `negative_seconds`. `wants_tcp` truncates every
    answer over UDP; `unsigned_only` fails unless the client asks not to verify, as a resolver does with broken
    DNSSEC. Every attribute may be changed while it runs.
    """

    def __init__(
        self,
        records: Mapping[tuple[str, str], tuple[str, ...]],
        *,
        rcode: str = "",
        silent: bool = False,
        address: str = "127.0.0.1",
        port: int = 0,
        is_authority: bool = False,
    ) -> None:
        self.records = records
        self.rcode = rcode
        self.silent = silent
        self.is_authority = is_authority
        self.wants_tcp = False
        self.unsigned_only = False
        self.is_referring = False
        self.ttl_seconds = 60
        self.negative_seconds = 900
        self.asked: list[tuple[str, str]] = []
        self._udp, self._tcp = _listen(address, port)
        self.ip, self.port = address, int(self._udp.getsockname()[1])
        self.address = f"{address}:{self.port}"
        self._threads = [threading.Thread(target=self._serve_udp), threading.Thread(target=self._serve_tcp)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with socket.socket(type=socket.SOCK_DGRAM) as end:
            end.sendto(b"", (self.ip, self.port))
        self._tcp.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        self._udp.close()
        self._tcp.close()

    def _serve_udp(self) -> None:
        while True:
            data, peer = self._udp.recvfrom(4096)
            if not data:
                return
            if not self.silent:
                answer = self._answer(dns.message.from_wire(data))
                if self.wants_tcp:
                    answer.answer.clear()
                    answer.flags |= dns.flags.TC
                self._udp.sendto(answer.to_wire(), peer)

    def _serve_tcp(self) -> None:
        while True:
            try:
                line, _ = self._tcp.accept()
            except OSError:  # shut down
                return
            with line:
                line.settimeout(5)
                try:
                    query, _ = dns.query.receive_tcp(line)
                    if not self.silent:
                        dns.query.send_tcp(line, self._answer(query))
                except (OSError, EOFError, dns.exception.DNSException):
                    continue

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        answer = dns.message.make_response(query)
        if self.is_referring:
            return answer
        answer.flags |= dns.flags.AA if self.is_authority else dns.flags.RA
        if self.rcode or (self.unsigned_only and not query.flags & dns.flags.CD):
            answer.set_rcode(dns.rcode.from_text(self.rcode or "SERVFAIL"))
            return answer
        alias = self.records.get((name, "CNAME"), ())
        if alias:
            answer.answer.append(dns.rrset.from_text(f"{name}.", self.ttl_seconds, "IN", "CNAME", *alias))
            name = alias[0].rstrip(".")
        if values := self.records.get((name, kind), ()):
            answer.answer.append(dns.rrset.from_text(f"{name}.", self.ttl_seconds, "IN", kind, *values))
        else:
            if not any(known == name or known.endswith(f".{name}") for known, _ in self.records):
                answer.set_rcode(dns.rcode.NXDOMAIN)
            soa = f"ns.invalid. owner.invalid. 1 3600 600 86400 {self.negative_seconds}"
            zone = name.split(".", 1)[-1] or name
            answer.authority.append(dns.rrset.from_text(f"{zone}.", self.negative_seconds, "IN", "SOA", soa))
        return answer


def _listen(address: str, port: int) -> tuple[socket.socket, socket.socket]:
    """The same number for UDP and TCP."""
    for _ in range(50):
        udp, tcp = socket.socket(type=socket.SOCK_DGRAM), socket.socket()
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            udp.bind((address, port))
            tcp.bind((address, udp.getsockname()[1]))
            tcp.listen(16)
        except OSError:
            udp.close()
            tcp.close()
            if port:
                raise
            continue
        return udp, tcp
    raise OSError(f"no port of {address} is free for UDP and TCP alike")
