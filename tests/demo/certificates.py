"""Certificates for a hop in front of a demonstration's Caddy, from the same local authority that Caddy uses.

`python -m tests.demo.certificates CADDY-FOLDER NAME OUT-FOLDER` writes `fresh.crt/.key` and `expired.crt/.key`. Run
before Caddy starts: where Caddy has no authority yet, one is made in its storage, and Caddy takes it over.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.fakes.authority import Authority


def load_authority(caddy_folder: Path) -> Authority:
    """The intermediate of Caddy's local authority, made together with its root when there is none."""
    folder = caddy_folder / "pki" / "authorities" / "local"
    if not (folder / "intermediate.key").exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        root = Authority.create("Demonstration root")
        intermediate = root.create_intermediate("Demonstration intermediate")
        for name, authority in (("root", root), ("intermediate", intermediate)):
            (folder / f"{name}.crt").write_text(authority.certificate_pem)
            (folder / f"{name}.key").touch(mode=0o600)
            (folder / f"{name}.key").write_text(authority.key_pem)
    return Authority.load(folder / "intermediate.crt", folder / "intermediate.key")


def main(caddy_folder: Path, name: str, out: Path) -> None:
    """Write both certificates."""
    authority = load_authority(caddy_folder)
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority.issue(name).write(out, "fresh")
    authority.issue_expired(name).write(out, "expired")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
