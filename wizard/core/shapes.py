"""What msgspec has to know of a class before several threads may read values of it.

msgspec 0.22 keeps what it learns of a class on the class itself, before it has learned everything. Two threads that
meet a class for the first time at once crash the whole process: a segmentation fault, seen in a worker and repeated
in a quarter of all tries. So whoever reads values says so when it is imported.
"""

from __future__ import annotations

from typing import Any

import msgspec


def learn(*kinds: Any) -> None:
    """Let msgspec learn these types, and all they consist of. Called where a module is imported, so by one thread."""
    for kind in kinds:
        msgspec.json.Decoder(kind)
