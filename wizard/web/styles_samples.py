"""What the living style page shows: sample values for every part in every state. Used in test mode only."""

from datetime import date, timedelta

from markupsafe import Markup
from wtforms import BooleanField, Form, PasswordField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Optional

from wizard.core.ways import WayState, WayStatus
from wizard.core.wireguard import Tunnel
from wizard.core.wireguard_findings import not_readable, silent
from wizard.methods import METHODS
from wizard.web import pictures
from wizard.web.ways_pages import Shown

STATES = ("waiting", "running", "passed", "warning", "failed", "skipped", "unknown", "broken")
VERDICTS = ("new", "checking", "working", "warnings", "down", "paused", "old")

ROWS = {
    "waiting": ("tls", "Certificate is trusted", "Waits for: Name points here", None),
    "running": ("identity", "The answer is yours", "Still checking. Can take 60 s", None),
    "passed": ("upstream", "Media server answers at home", "Plex, “Living room”, answered in 14 ms", 0.2),
    "warning": ("headers", "Viewers’ real addresses arrive", "Plex would see 172.18.0.3 for everybody", 1.4),
    "failed": ("dns", "Name points here", "plex.example.com points to 203.0.113.9", 0.6),
    "skipped": ("websocket", "Live connection passes", "Skipped because Name points here failed", None),
    "unknown": ("relay", "Slow relay is not used", "Plex did not say. Add a token to find out", 2.0),
    "broken": ("speed", "Fast enough for a stream", "The checker stopped. This is our fault, not yours", 20.0),
}

HOPS_FAILED = (
    {"id": "server", "name": "Your server", "state": "passed"},
    {"id": "caddy", "name": "Caddy", "state": "warning"},
    {"id": "way-in", "name": "Way in", "state": "running"},
    {"id": "name", "name": "Public name", "state": "failed"},
    {"id": "viewer", "name": "Viewer", "state": "unreached"},
)

CONNECTION = [
    {"name": "Your home", "state": "unreached", "word": "Never reached", "addresses": [("IPv4", "192.168.1.20")]},
    {"name": "Your router", "state": "unreached", "word": "Never reached", "addresses": [("IPv4", "100.64.0.2")]},
    {"name": "Your provider's translator", "state": "failed", "word": "Stops it", "addresses": []},
    {"name": "The internet", "state": "info", "word": "Viewers are here", "addresses": [("IPv4", "203.0.113.7")]},
]


def way() -> Shown:
    """A way in that is in trouble, with two findings."""
    bad = silent(Tunnel("203.0.113.10"))
    status = WayStatus(WayState.TROUBLE, bad.summary, (("Address here", "10.9.0.2, up"),), (bad, not_readable("")))
    return Shown(METHODS["wireguard"], status, None, (), "")


TRAIL = {
    "text": "The first hop that loses it: cloudflared at home.",
    "stops": [
        {"name": "This machine, as a viewer", "state": "passed", "word": "Keeps it", "passed": "192.168.1.7"},
        {
            "name": "Cloudflare",
            "state": "unknown",
            "word": "Not seen from here",
            "note": "It shows behind the next hop.",
        },
        {
            "name": "cloudflared at home",
            "state": "failed",
            "word": "Loses it",
            "passed": "no address of the viewer",
            "note": "Lost here or before.",
            "first": True,
        },
        {
            "name": "Caddy",
            "state": "skipped",
            "word": "Lost before",
            "saw": "127.0.0.1",
            "passed": "X-Forwarded-For: 127.0.0.1",
        },
    ],
}

CADDYFILE = """plex.example.com {
\t# Plex sees where each viewer really is
\treverse_proxy 192.168.1.20:32400 {
\t\theader_up X-Real-IP {remote_host}
\t\tflush_interval -1
\t}
}"""

DIFF = """@@ plex.example.com @@
 reverse_proxy 192.168.1.20:32400 {
-	header_up X-Real-IP {remote_host}
+	header_up X-Real-IP {client_ip}
 }"""


class SampleForm(Form):
    """One field of each kind."""

    domain = StringField(
        "External domain", [InputRequired()], description="The name people open, such as plex.example.com"
    )
    port = StringField("Port", [InputRequired()])
    upload = StringField("Upload speed", [Optional()], description="Upload, not download")
    token = PasswordField("Plex token", [Optional()])
    saved_token = PasswordField("Tunnel token", [InputRequired()])
    limit = SelectField("Limit for one remote stream", choices={"0": "No limit", "8": "8 Mbit/s (good 1080p)"})
    notes = TextAreaField("Notes", [Optional()])
    server = RadioField(
        "Which media server?",
        choices={"plex": "Plex, “Living room”", "jellyfin": "Jellyfin, “Nas”", "other": "Another address"},
    )
    address = StringField(
        "Home address", description="What you type in a browser at home, such as 192.168.1.20:32400"
    )
    route = RadioField("How people will reach it", choices={"tunnel": "Cloudflare Tunnel", "vps": "Your own VPS"})
    keep = BooleanField("Keep me signed in on this device")
    headers = BooleanField("Forward client IP headers (recommended)")
    websocket = BooleanField("Enable WebSocket support")


OPTIONS = (
    {
        "value": "tunnel",
        "name": "Cloudflare Tunnel",
        "sentence": "A program at home opens a tunnel to Cloudflare, and people come in through it.",
        "path": ("Viewer", "Cloudflare", "Tunnel", "Caddy", "Your server"),
        "who": "Everybody with the address, TV apps too",
        "speed": "Good. Cloudflare has rules about video",
        "need": "A domain on Cloudflare",
        "watch_out": "Cloudflare can see the traffic",
    },
    {
        "value": "vps",
        "name": "Your own VPS",
        "sentence": "A small rented server takes the visitors and sends them home through WireGuard.",
        "path": ("Viewer", "VPS", "WireGuard", "Your server"),
        "who": "Everybody with the address, TV apps too",
        "speed": "Very good",
        "need": "A VPS, from 3 euros a month",
        "watch_out": "You look after one more machine",
        "tag": "Recommended for your connection",
    },
)


CHANGES = (
    {"state": "failed", "word": "New", "text": "Name leads to Caddy: plex.example.com points to 203.0.113.9"},
    {"state": "passed", "word": "Fixed", "text": "Films pass: 2 Mbit/s, less than your limit of 8 Mbit/s"},
    {"state": "warning", "word": "Still so", "text": "Certificate is trusted: 6 days left"},
)


def filled_form() -> SampleForm:
    """A form as a person left it."""
    return SampleForm(
        data={
            "domain": "plex.example.com",
            "port": "32400",
            "server": "other",
            "route": "vps",
            "headers": True,
            "limit": "8",
        }
    )


def failed_form() -> SampleForm:
    """The same form after a submit that did not hold."""
    form = SampleForm(prefix="failed-", data={"domain": "plex", "port": "99999"})
    form.domain.errors = ["External domain must be a full name with a dot in it"]
    form.port.errors = ["Port must be between 1 and 65535"]
    form.server.errors = ["Select a media server, or choose Another address"]
    form.keep.errors = ["Select whether to stay signed in"]
    return form


def sample_history() -> pictures.History:
    """Thirty days with everything in them."""
    days = [pictures.Day(checks=96) for _ in range(30)]
    days[0] = days[1] = pictures.Day()
    days[9] = pictures.Day(checks=96, failures=2, interruptions=1)
    days[22] = pictures.Day(checks=96, failures=30, interruptions=2)
    return pictures.history(days)


def check(state: str) -> dict[str, object]:
    """A check row in one state."""
    name, title, text, seconds = ROWS[state]
    return {
        "name": name,
        "title": title,
        "state": state,
        "text": text,
        "seconds": seconds,
        "url_help": "/_styles/reader",
        "card": state == "failed",
    }


def failed_card() -> dict[str, object]:
    """A fix-it card with everything in it."""
    return {
        "name": "dns",
        "open": True,
        "state": "failed",
        "title": "The name does not point here",
        "what": "plex.example.com points to 203.0.113.9. It should point to 198.51.100.20.",
        "why": "People who open the address reach the wrong place.",
        "steps": (
            "Open the DNS page of your provider.",
            Markup("Delete the A record <strong>plex</strong> with 203.0.113.9."),
        ),
        "snippet": {"code": "plex  A  198.51.100.20", "caption": "The record to have, at your DNS provider"},
        "url_retry": "/_styles/retry",
        "url_help": "/_styles/reader#records",
        "help_text": "Name points here",
        "seen": "A plex.example.com 203.0.113.9 (ttl 300)\nAAAA none",
        "again": "Checked again at 12:34, still the same",
    }


def host(state: str, number: int) -> dict[str, object]:
    """A host card in one state."""
    seen = state not in {"new", "checking"}
    return {
        "id": number,
        "domain": f"plex{number}.example.com",
        "url": "/_styles",
        "address": f"https://plex{number}.example.com",
        "state": state,
        "checked_at": (date(2030, 1, 31) - timedelta(days=1)).isoformat() if seen else None,
        "checked_text": "2 minutes ago",
        "route": "Through your own VPS",
        "history": sample_history() if seen else None,
        "certificate": "renews by itself, 61 days left" if seen else "",
    }


BOARD = {
    "line": "3 streams, 36.6 Mbit/s",
    "rest": "2 local (28.4), 1 remote (8.2). Upload in use 41 %.",
    "silence": "Plex did not answer (refused). No data since 12:31 UTC",
    "is_stale": False,
    "lost": "31 of 33 devices of the last 24 hours arrived as 100.101.1.12",
    "rows": (
        {
            "viewer": "TV, living room",
            "address": "192.168.1.30",
            "plays": "Direct, 6.0",
            "came_in": "Home network",
            "counted": "Local",
            "limit": "No",
            "match": "passed",
            "match_text": "As it should be",
        },
        {
            "viewer": "Phone, Anna",
            "address": "203.0.113.9",
            "plays": "Converted, 8.2, paused",
            "title": "Test card",
            "came_in": "Tunnel",
            "counted": "Remote",
            "limit": "8 Mbit/s",
            "match": "passed",
            "match_text": "As it should be",
        },
        {
            "viewer": "Tablet, Ben",
            "address": "192.168.1.7",
            "plays": "Direct, 22.4",
            "came_in": "Tunnel",
            "arrived_as": "203.0.113.7",
            "counted": "Local",
            "expected": "Remote",
            "limit": "No",
            "match": "failed",
            "match_text": "Counted as Local: no limit",
        },
    ),
    "findings": (
        {
            "summary": "Plex goes by 192.168.1.7 for a viewer from 203.0.113.7, and says Local",
            "why": "Limits for remote streams are not applied to it.",
            "remedy": {
                "action": "Find what hides the viewer's address between Caddy and the server.",
                "steps": ("Look at the row Viewers' real addresses arrive.", "Check again."),
                "guide": "troubleshooting#locality-header-lost",
            },
        },
    ),
    "lately": (
        {
            "viewer": "Phone",
            "address": "203.0.113.9",
            "came_in": "Tunnel",
            "predicted": "Remote",
            "sent": "412.0 MB",
        },
    ),
}
