"""The table of settings: every `PORTHOLE_*` variable with its kind, its default in words, and what it sets.

To add one: a row here, a field of the same name in `wizard.settings.Settings`, and its value in `_complete` there.
"""

from __future__ import annotations

from dataclasses import dataclass

from wizard.settings_kinds import Kind

PREFIX = "PORTHOLE_"


@dataclass(frozen=True, slots=True)
class Setting:
    """One row: its variable, the kind of its value, the default as people read it, and what it sets."""

    name: str
    kind: Kind
    default: str
    description: str

    @property
    def field(self) -> str:
        """The field of `Settings` that holds its value."""
        return self.name.removeprefix(PREFIX).lower()


SETTINGS: tuple[Setting, ...] = (
    Setting("PORTHOLE_DATA", Kind.FOLDER, "data", "Folder that holds everything Porthole keeps."),
    Setting("PORTHOLE_LISTEN", Kind.DIAL, "127.0.0.1:7678", "Address and port of Porthole's own web pages."),
    Setting("PORTHOLE_CADDY_HTTP_PORT", Kind.PORT, "80", "Port on which Caddy listens for HTTP."),
    Setting("PORTHOLE_CADDY_HTTPS_PORT", Kind.PORT, "443", "Port on which Caddy listens for HTTPS."),
    Setting("PORTHOLE_PUBLIC_HTTPS_PORT", Kind.PORT, "443", "HTTPS port that viewers dial from outside."),
    Setting(
        "PORTHOLE_CADDY_ADMIN",
        Kind.CADDY_ADMIN,
        "unix/ and the path of caddy/admin.sock in the data folder",
        "Admin address of the Caddy to drive: `unix//path` or an http URL.",
    ),
    Setting("PORTHOLE_CADDY_ADDRESS", Kind.TEXT, "127.0.0.1", "Address or name under which Porthole reaches Caddy."),
    Setting("PORTHOLE_CADDY_LOGS", Kind.FOLDER, "caddy/logs in the data folder", "Folder for Caddy's access logs."),
    Setting(
        "PORTHOLE_ACME_CA",
        Kind.DIRECTORY,
        "empty: Caddy's own choice",
        "Directory URL of the certificate authority that Caddy asks, such as a test authority of your own.",
    ),
    Setting(
        "PORTHOLE_ACME_ROOT",
        Kind.FILE,
        "empty: public authorities",
        "PEM file, as Caddy sees it, with which the TLS of that directory is verified.",
    ),
    Setting(
        "PORTHOLE_PUBLIC_ADDRESSES",
        Kind.ADDRESSES,
        "empty: not known",
        "Public IP addresses that lead to Caddy, with commas between: the checks then say when DNS leads elsewhere.",
    ),
    Setting(
        "PORTHOLE_NAMESERVERS",
        Kind.SERVERS,
        "empty: this machine's own",
        "Name servers that Porthole asks in place of this machine's own, with commas between.",
    ),
    Setting(
        "PORTHOLE_PUBLIC_RESOLVERS",
        Kind.SERVERS,
        "1.1.1.1,8.8.8.8,9.9.9.9",
        "Public resolvers that the checks ask besides, to see DNS as viewers do. `none`: nobody is asked.",
    ),
    Setting(
        "PORTHOLE_ECHO_DIAL",
        Kind.DIAL,
        "the address of PORTHOLE_LISTEN",
        "Address and port under which Caddy reaches Porthole's web server.",
    ),
    Setting(
        "PORTHOLE_DATABASE_URL",
        Kind.DATABASE,
        "porthole.sqlite3 in the data folder",
        "Database: a `sqlite:///path` or a `postgresql://user:password@host/name` URL.",
    ),
    Setting(
        "PORTHOLE_BROKER_URL",
        Kind.BROKER,
        "valkey.sock in the data folder",
        "Redis or Valkey for background jobs: `redis://host:6379/0`, `rediss://…` or `redis+socket:///path`.",
    ),
    Setting(
        "PORTHOLE_SECRET_KEY",
        Kind.SECRET,
        "made once, kept in secret-key in the data folder",
        "At least 32 characters that sign sessions and forms; the same for every web and worker process.",
    ),
    Setting(
        "PORTHOLE_STUN_SERVERS",
        Kind.STUN,
        "stun.cloudflare.com:3478,stun.l.google.com:19302",
        "STUN servers that are asked how your connection looks from outside; `none` asks nobody.",
    ),
    Setting(
        "PORTHOLE_ADDRESS_SERVICES",
        Kind.SERVICES,
        "https://icanhazip.com,https://ifconfig.co/ip",
        "Services that are asked for your public address; `none` asks nobody.",
    ),
    Setting(
        "PORTHOLE_GLOBALPING_URL",
        Kind.SERVICE,
        "https://api.globalping.io",
        "Public probes that look from outside once you have agreed; `none`: never asked.",
    ),
    Setting(
        "PORTHOLE_CHECK_HOST_URL",
        Kind.SERVICE,
        "https://check-host.net",
        "Public probes that take the place of the first when those cannot answer; `none`: never asked.",
    ),
    Setting(
        "PORTHOLE_TAILSCALE_API_URL",
        Kind.SERVICE,
        "https://api.tailscale.com/api/v2",
        "Tailscale's control API, asked once you have saved a credential for it; `none`: never asked.",
    ),
    Setting("PORTHOLE_DEMO", Kind.FLAG, "no", "Marks a demonstration with a stand-in server; `make demo` sets it."),
    Setting("PORTHOLE_DEMO_UPSTREAM", Kind.TEXT, "empty", "Address of the stand-in server; `make demo` sets it."),
    Setting("PORTHOLE_DEMO_DOMAIN", Kind.TEXT, "plex.localhost", "Domain that the demonstration starts with."),
    Setting("PORTHOLE_DEMO_FORWARD_IP", Kind.FLAG, "yes", "Whether a demonstration starts with client-IP headers."),
    Setting("PORTHOLE_DEMO_WEBSOCKET", Kind.FLAG, "yes", "Whether a demonstration starts with WebSocket support."),
)


def render_markdown() -> str:
    """The table of settings for the guides, one row a setting, in the order of `SETTINGS`."""
    rows = [f"| `{row.name}` | {row.default} | {row.description} |" for row in SETTINGS]
    return "\n".join(["| variable | default | what it sets |", "|---|---|---|", *rows]) + "\n"
