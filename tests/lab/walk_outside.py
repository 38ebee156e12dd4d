"""What in the walkthrough needs the world outside the lab: the one list. Step, words of the guide, and why."""

from __future__ import annotations

from collections.abc import Mapping

_INSTALLER = "Tailscale's installer comes from the internet. The lab has a stand-in of the command and of the daemon."
_CONSOLE = "A page of Tailscale's control server. The lab tells the daemons what that server would tell them."
_INSTALL_LINE = "curl -fsSL https://tailscale.com/install.sh | sh"

OUTSIDE: Mapping[str, Mapping[str, str]] = {
    "install": {_INSTALL_LINE: _INSTALLER},
    "edge-vps": {_INSTALL_LINE: _INSTALLER},
    "edge-dns.1": {"At your domain's provider": "A registrar's page. The record goes into the lab's name server."},
    "edge-porthole": {
        "ssh -L 7678:127.0.0.1:7678 you@203.0.113.10": "The lab has no SSH server. The port is carried all the same."
    },
    "edge-plex.3": {"Save Changes": "A button of Plex's page. The stand-in keeps each change at once."},
    "edge-plex.4": {"Open *Remote Access* and disable it": "A page of Plex. The setting behind it is changed."},
    "edge-first-stream.2": {"Look at the dashboard of Plex": "A page of Plex. What it draws from is asked for."},
    "viewers.1": {
        "Install the Tailscale app": "A shop for apps. The phone gets the stand-in, and a line of WireGuard."
    },
    "viewers.3": {"Save Changes": "A button of Plex's page. The stand-in keeps each change at once."},
    "viewers.4": {
        "switch Wi-Fi off and Tailscale on": "The phone of the lab is always on mobile data, and joined before."
    },
    "viewers-certificate.1": {"Tailscale's admin console": _CONSOLE},
    "viewers-certificate.2": {"unless that is root": "Caddy is root in the lab, as everything is."},
    "subnet-router.2": {"In Tailscale's admin console": _CONSOLE},
    "key-expiry.1": {"Open Tailscale's admin console": _CONSOLE},
    "key-expiry.2": {"Disable key expiry": _CONSOLE},
    "key-expiry.3": {"Do the same for the VPS": _CONSOLE},
    "api-oauth.1": {"In Tailscale's admin console": _CONSOLE},
    "api-oauth.2": {"Give it one scope": _CONSOLE},
    "api-oauth.3": {"Copy the client ID and the client secret": _CONSOLE},
    "api-token.1": {"In Tailscale's admin console": _CONSOLE},
    "access-rules": {"Save the rules first": _CONSOLE},
}
