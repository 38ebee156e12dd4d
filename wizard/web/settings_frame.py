"""The navigation that every settings page carries. A further page is one more row here."""

from __future__ import annotations

from flask import url_for

_PAGES = (
    ("account", "Account", "settings.account"),
    ("appearance", "Appearance", "settings.appearance"),
    ("checks", "Checks", "check_settings.show"),
    ("vantages", "Vantages", "vantages.show"),
    ("notifications", "Notifications", "notifications.show"),
    ("caddies", "Caddies", "caddies.show"),
    ("ways", "Ways in", "ways_in.show"),
    ("servers", "Servers", "servers.show"),
    ("about", "About", "settings.about"),
)


def frame(here: str) -> dict[str, object]:
    """What the frame of a settings page needs."""
    nav = [{"text": text, "url": url_for(endpoint), "here": name == here} for name, text, endpoint in _PAGES]
    return {"nav": nav, "nav_here": "settings"}
