"""Where the public side of a proxy host is: its address, and whether it can be looked at now."""

from __future__ import annotations

from wizard.core.checks import Scene, Skip
from wizard.core.hosts import HTTPS_PORT

PAUSED = Skip("This proxy host is paused")


def public_port(scene: Scene) -> int:
    """The port that a viewer dials."""
    return scene.host.public_port(scene.edge)


def authority(domain: str, port: int) -> str:
    """`plex.example.com`, with the port when it is not 443."""
    return domain if port == HTTPS_PORT else f"{domain}:{port}"
