"""A long line between two bridges, in user space: every frame comes out at the other end some milliseconds later.

Kernels of test machines often have no `netem`. Run as `python3 line.py TAP TAP MILLISECONDS` inside the namespace of
the wires, with both taps there. Knows nothing of the lab.
"""

from __future__ import annotations

import fcntl
import heapq
import os
import select
import struct
import sys
import time

_SET_INTERFACE = 0x400454CA  # TUNSETIFF
_TAP, _NO_INFORMATION = 0x0002, 0x1000
_FRAME_BYTES = 65_536


def open_tap(name: str) -> int:
    """A file that reads and writes the frames of a tap."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, _SET_INTERFACE, struct.pack("16sH", name.encode(), _TAP | _NO_INFORMATION))
    return descriptor


def carry(one: int, other: int, seconds: float) -> None:
    """Carry frames both ways until the process is ended."""
    beyond = {one: other, other: one}
    waiting: list[tuple[float, int, int, bytes]] = []
    number = 0
    while True:
        pause = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        for source in select.select([one, other], [], [], pause)[0]:
            number += 1
            frame = os.read(source, _FRAME_BYTES)
            heapq.heappush(waiting, (time.monotonic() + seconds, number, beyond[source], frame))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, target, frame = heapq.heappop(waiting)
            os.write(target, frame)


if __name__ == "__main__":
    carry(open_tap(sys.argv[1]), open_tap(sys.argv[2]), float(sys.argv[3]) / 1000)
