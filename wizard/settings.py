"""One table of settings, and how a `PORTHOLE_*` environment becomes a frozen `Settings`.

Knows names, defaults and spelling; must not know Flask, Celery or SQLAlchemy, and never reads
`os.environ` by itself: whoever starts a process hands its environment over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path

from wizard.core.hosts import Edge
from wizard.core.outside import Services
from wizard.core.refusal import Refusal
from wizard.settings_kinds import (
    NO_SERVERS,
    PARSERS,
    dial_text,
    parse_dial,
    reachable_host,
    runtime_folder,
    socket_refusal,
)
from wizard.settings_table import PREFIX, SETTINGS

_CHECKOUT = Path(__file__).resolve().parent.parent
_MAX_FILE_BYTES = 64 * 1024
PUBLIC_RESOLVERS = "1.1.1.1,8.8.8.8,9.9.9.9"
_STUN_SERVERS = "stun.cloudflare.com:3478,stun.l.google.com:19302"
_PROBES = Services()
TAILSCALE_API = "https://api.tailscale.com/api/v2"
_ADDRESS_SERVICES = "https://icanhazip.com,https://ifconfig.co/ip"


_BY_NAME = {setting.name: setting for setting in SETTINGS}


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, checked and complete. Paths are absolute; `given` names what the environment really said."""

    data: Path
    listen: str
    caddy_http_port: int
    caddy_https_port: int
    public_https_port: int
    caddy_admin: str
    caddy_address: str
    caddy_logs: Path
    echo_dial: str
    database_url: str = field(repr=False)
    broker_url: str = field(repr=False)
    secret_key: str = field(repr=False, default="")
    demo: bool = False
    demo_upstream: str = ""
    demo_domain: str = "plex.localhost"
    demo_forward_ip: bool = True
    demo_websocket: bool = True
    acme_ca: str = ""
    acme_root: str = ""
    public_addresses: str = ""
    nameservers: str = ""
    public_resolvers: str = PUBLIC_RESOLVERS
    stun_servers: tuple[str, ...] = ()
    address_services: tuple[str, ...] = ()
    globalping_url: str = _PROBES.globalping
    check_host_url: str = _PROBES.check_host
    tailscale_api_url: str = TAILSCALE_API
    given: frozenset[str] = field(default=frozenset(), compare=False)

    @staticmethod
    def read(environ: Mapping[str, str]) -> Settings | Refusal:
        """Settings from an environment, or the sentence that says which variable to change and how.

        Reads the files that `PORTHOLE_…_FILE` variables name; makes nothing. An empty variable counts as not set.
        """
        texts = _read_texts(environ)
        if isinstance(texts, Refusal):
            return texts
        values: dict[str, str] = {}
        for name, text in texts.items():
            value = PARSERS[_BY_NAME[name].kind](text)
            if isinstance(value, Refusal):
                return Refusal(f"{name} {value.message}", value.suggestion)
            values[name] = value
        return _complete(values, environ)

    def environ(self) -> dict[str, str]:
        """The environment from which `read` makes equal settings: what a started part is handed."""
        texts = {setting.name: _text(getattr(self, setting.field)) for setting in SETTINGS}
        return {name: text for name, text in texts.items() if text}

    @property
    def redis_url(self) -> str:
        """`broker_url` as the redis client spells it: `unix:///path?db=0` for a socket."""
        scheme, _, rest = self.broker_url.partition("://")
        if scheme != "redis+socket":
            return self.broker_url
        return "unix://" + rest.replace("virtual_host=", "db=")

    @property
    def web_url(self) -> str:
        """Where a person on this machine opens the pages, without a slash at the end."""
        host, port = parse_dial(self.listen)
        return f"http://{dial_text(reachable_host(host), port)}"

    @property
    def edge(self) -> Edge:
        """The one Caddy that these settings describe."""
        return Edge(
            name="here",
            admin=self.caddy_admin,
            http_port=self.caddy_http_port,
            https_port=self.caddy_https_port,
            public_https_port=self.public_https_port,
            echo_dial=self.echo_dial,
            log_folder=str(self.caddy_logs),
            address=self.caddy_address,
            acme_ca=self.acme_ca,
            acme_root=self.acme_root,
            public_addresses=_listed(self.public_addresses),
        )

    @property
    def servers(self) -> tuple[str, ...]:
        """Name servers in place of this machine's own; empty for its own."""
        return _listed(self.nameservers)

    @property
    def resolvers(self) -> tuple[str, ...]:
        """Public resolvers to ask besides; empty for none."""
        return _listed(self.public_resolvers)

    @property
    def probes(self) -> Services:
        """The public probe networks that may be asked, once the owner has agreed."""
        return Services(*("" if url == NO_SERVERS else url for url in (self.globalping_url, self.check_host_url)))

    @property
    def tailscale_api(self) -> str:
        """The base of Tailscale's control API; empty when it is never asked."""
        return "" if self.tailscale_api_url == NO_SERVERS else self.tailscale_api_url

    def with_ports(self, http: int, https: int) -> Settings:
        """The same settings with the ports on which Caddy really listens; a demonstration's viewers dial that one."""
        is_public = self.demo and "PORTHOLE_PUBLIC_HTTPS_PORT" not in self.given
        public = https if is_public else self.public_https_port
        return replace(self, caddy_http_port=http, caddy_https_port=https, public_https_port=public)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(",") if part and part != NO_SERVERS)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ",".join(value) or NO_SERVERS
    return str(value)


def _read_texts(environ: Mapping[str, str]) -> dict[str, str] | Refusal:
    texts: dict[str, str] = {}
    for name in sorted(name for name in environ if name.startswith(PREFIX)):
        setting_name = name if name in _BY_NAME else name.removesuffix("_FILE")
        if setting_name not in _BY_NAME:
            return _unknown(name)
        if not environ[name].strip():
            continue
        if setting_name in texts:
            return Refusal(f"{setting_name} and {name} are both set. Keep one of them.")
        text = environ[name] if name == setting_name else _read_file(name, environ[name])
        if isinstance(text, Refusal):
            return text
        texts[setting_name] = text.strip()
    return texts


def _unknown(name: str) -> Refusal:
    known = [*_BY_NAME, *(f"{known}_FILE" for known in _BY_NAME)]
    close = get_close_matches(name, known, n=1, cutoff=0.75)
    if close:
        return Refusal(f"There is no setting {name}. Did you mean {close[0]}?", close[0])
    return Refusal(f"There is no setting {name}. Remove it, or choose one from the settings page of the guides.")


def _read_file(name: str, path: str) -> str | Refusal:
    try:
        with Path(path).expanduser().open("rb") as file:
            content = file.read(_MAX_FILE_BYTES + 1)
        text = content.decode()
    except OSError as problem:
        return Refusal(f"{name} names {path}, which cannot be read ({problem.strerror}). Check its path and owner.")
    except UnicodeDecodeError:
        return Refusal(f"{name} names the file {path}, which is not text. Check the path.")
    if len(content) > _MAX_FILE_BYTES:
        return Refusal(f"{name} names the file {path}, which is larger than 64 KiB. Check the path.")
    if not text.strip():
        return Refusal(f"{name} names the file {path}, which is empty. Write the value into it.")
    return text


def _complete(values: Mapping[str, str], environ: Mapping[str, str]) -> Settings | Refusal:
    data = Path(values.get("PORTHOLE_DATA") or _default_data())
    if any(mark in str(data) for mark in "?#%|{}\n\r"):
        # URLs, Caddy's addresses and supervisor's configuration give these characters a meaning
        return Refusal(f"PORTHOLE_DATA is {str(data)!r}. Choose a path without ? # % | {{ }} and line breaks.")
    admin_socket, broker_socket = _sockets(data, environ)
    listen = values.get("PORTHOLE_LISTEN", "127.0.0.1:7678")
    host, port = parse_dial(listen)
    return Settings(
        data=data,
        listen=listen,
        caddy_http_port=int(values.get("PORTHOLE_CADDY_HTTP_PORT", "80")),
        caddy_https_port=int(values.get("PORTHOLE_CADDY_HTTPS_PORT", "443")),
        public_https_port=int(values.get("PORTHOLE_PUBLIC_HTTPS_PORT", "443")),
        caddy_admin=values.get("PORTHOLE_CADDY_ADMIN", f"unix/{admin_socket}"),
        caddy_address=values.get("PORTHOLE_CADDY_ADDRESS", "127.0.0.1"),
        caddy_logs=Path(values.get("PORTHOLE_CADDY_LOGS", str(data / "caddy" / "logs"))),
        echo_dial=values.get("PORTHOLE_ECHO_DIAL", dial_text(reachable_host(host), port)),
        database_url=values.get("PORTHOLE_DATABASE_URL", f"sqlite:///{data / 'porthole.sqlite3'}"),
        broker_url=values.get("PORTHOLE_BROKER_URL", f"redis+socket://{broker_socket}"),
        secret_key=values.get("PORTHOLE_SECRET_KEY", ""),
        demo=values.get("PORTHOLE_DEMO", "no") == "yes",
        demo_upstream=values.get("PORTHOLE_DEMO_UPSTREAM", ""),
        demo_domain=values.get("PORTHOLE_DEMO_DOMAIN", "plex.localhost"),
        demo_forward_ip=values.get("PORTHOLE_DEMO_FORWARD_IP", "yes") == "yes",
        demo_websocket=values.get("PORTHOLE_DEMO_WEBSOCKET", "yes") == "yes",
        acme_ca=values.get("PORTHOLE_ACME_CA", ""),
        acme_root=values.get("PORTHOLE_ACME_ROOT", ""),
        public_addresses=values.get("PORTHOLE_PUBLIC_ADDRESSES", ""),
        nameservers=values.get("PORTHOLE_NAMESERVERS", ""),
        public_resolvers=values.get("PORTHOLE_PUBLIC_RESOLVERS", PUBLIC_RESOLVERS),
        stun_servers=_several(values.get("PORTHOLE_STUN_SERVERS", _STUN_SERVERS)),
        address_services=_several(values.get("PORTHOLE_ADDRESS_SERVICES", _ADDRESS_SERVICES)),
        globalping_url=values.get("PORTHOLE_GLOBALPING_URL", _PROBES.globalping),
        check_host_url=values.get("PORTHOLE_CHECK_HOST_URL", _PROBES.check_host),
        tailscale_api_url=values.get("PORTHOLE_TAILSCALE_API_URL", TAILSCALE_API),
        given=frozenset(values),
    )


def _sockets(data: Path, environ: Mapping[str, str]) -> tuple[Path, Path]:
    """Caddy's and the broker's, in the data folder unless its path is too long for them."""
    admin, broker = data / "caddy" / "admin.sock", data / "valkey.sock"
    if socket_refusal(str(admin)) or socket_refusal(str(broker)):
        short = runtime_folder(data, environ)
        return short / "admin.sock", short / "valkey.sock"
    return admin, broker


def _several(text: str) -> tuple[str, ...]:
    return () if text == NO_SERVERS else tuple(text.split(","))


def _default_data() -> Path:
    """`data` in the checkout; for an installed copy, `data` in the working folder."""
    return (_CHECKOUT if (_CHECKOUT / "pyproject.toml").exists() else Path.cwd()) / "data"
