"""The made-up film that our echo plays. Pure: its bytes follow from a mark and their place, so nothing is stored.

Whoever knows the mark can tell for any range whether exactly those bytes arrived.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

BLOCK_BYTES = 64 * 1024


def read_film(mark: str, start: int, stop: int) -> bytes:
    """The bytes [start, stop) of the film with this mark. They do not compress: no hop can look faster than it is."""
    if start >= stop:
        return b""
    first, last = start // BLOCK_BYTES, (stop - 1) // BLOCK_BYTES
    if first == last:
        return _block(mark, first)[start - first * BLOCK_BYTES : stop - first * BLOCK_BYTES]
    joined = b"".join(_block(mark, index) for index in range(first, last + 1))
    return joined[start - first * BLOCK_BYTES : stop - first * BLOCK_BYTES]


@lru_cache(maxsize=8)
def _block(mark: str, index: int) -> bytes:
    return hashlib.shake_128(f"{mark}/{index}".encode()).digest(BLOCK_BYTES)
