"""A port carried from one machine of the lab to another, as `ssh -L` does it. No sshd is needed in the lab."""

from __future__ import annotations

import re
import selectors
import socket
import threading
from types import TracebackType
from typing import Self

from tests.lab.world import Node

_COMMAND = re.compile(r"ssh -L (?P<here>\d+):(?P<host>[\d.]+):(?P<there>\d+) (?P<user>\w+)@(?P<to>[\d.]+)")
_PIECE = 1 << 16


class CarriedPort:
    """`ssh -L …` typed at `here`, where `machines` are the addresses it can lead to. A context manager."""

    def __init__(self, command: str, here: Node, machines: dict[str, Node]) -> None:
        found = _COMMAND.fullmatch(command.strip())
        assert found, f"not a port carried over SSH: {command}"
        assert found["to"] in machines, f"nobody answers at {found['to']}"
        self._far, self._target = machines[found["to"]], (found["host"], int(found["there"]))
        with here.inside():
            self._door = socket.create_server(("127.0.0.1", int(found["here"])))
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._door.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        self._door.settimeout(0.2)
        while not self._ended.is_set():
            try:
                near, _ = self._door.accept()
            except TimeoutError:
                continue
            except OSError:
                return  # closed
            thread = threading.Thread(target=self._carry, args=(near,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _carry(self, near: socket.socket) -> None:
        with near:
            try:
                with self._far.inside():
                    far = socket.create_connection(self._target, 5)
            except OSError:
                return
            with far:
                self._pass_on(near, far)

    def _pass_on(self, near: socket.socket, far: socket.socket) -> None:
        beyond = {near: far, far: near}
        near.settimeout(5)
        far.settimeout(5)
        with selectors.DefaultSelector() as waiting:
            for one in beyond:
                waiting.register(one, selectors.EVENT_READ)
            while not self._ended.is_set():
                for key, _ in waiting.select(0.2):
                    source = key.fileobj
                    assert isinstance(source, socket.socket)
                    try:
                        piece = source.recv(_PIECE)
                        beyond[source].sendall(piece)
                    except OSError:
                        return
                    if not piece:
                        return
