"""Settings: what an environment becomes, and the sentence when it cannot."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kombu.connection import Connection
from redis import Redis

from tests.processes import wait_until
from wizard.core.refusal import Refusal
from wizard.embedded.parts import valkey_program
from wizard.settings import Settings
from wizard.settings_table import SETTINGS, render_markdown


def read(**environ: str) -> Settings:
    settings = Settings.read(environ)
    assert isinstance(settings, Settings), settings
    return settings


def refused(**environ: str) -> str:
    refusal = Settings.read(environ)
    assert isinstance(refusal, Refusal), refusal
    return refusal.message


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = read()
    assert (settings.listen, settings.web_url) == ("127.0.0.1:7678", "http://127.0.0.1:7678")
    assert (settings.caddy_http_port, settings.caddy_https_port, settings.public_https_port) == (80, 443, 443)
    assert settings.data.name == "data"
    assert settings.data.is_absolute()
    assert settings.given == frozenset()
    assert not settings.demo


def test_everything_lies_in_the_data_folder_unless_said_otherwise(tmp_path: Path) -> None:
    settings = read(PORTHOLE_DATA="/srv/porthole")
    assert settings.caddy_admin == "unix//srv/porthole/caddy/admin.sock"
    assert settings.caddy_logs == Path("/srv/porthole/caddy/logs")
    assert settings.database_url == "sqlite:////srv/porthole/porthole.sqlite3"
    assert settings.broker_url == "redis+socket:///srv/porthole/valkey.sock"


def test_a_variable_that_is_empty_counts_as_not_set() -> None:
    assert read(PORTHOLE_LISTEN="", PORTHOLE_DATABASE_URL="  ") == read()


def test_other_programs_variables_are_nobodys_business() -> None:
    assert read(PATH="/bin", PORT="1", LISTEN="x") == read()


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("PORTHOLE_LISTEN", "[::1]:7678", "listen", "[::1]:7678"),
        (
            "PORTHOLE_NAMESERVERS",
            "192.168.1.1, [::1]:5353 ,9.9.9.9:53",
            "nameservers",
            "192.168.1.1,[::1]:5353,9.9.9.9:53",
        ),
        ("PORTHOLE_PUBLIC_RESOLVERS", "None", "public_resolvers", "none"),
        ("PORTHOLE_PUBLIC_RESOLVERS", "2620:00fe::fe", "public_resolvers", "2620:fe::fe"),
        ("PORTHOLE_PUBLIC_ADDRESSES", "203.0.113.9,2001:DB8::9", "public_addresses", "203.0.113.9,2001:db8::9"),
        ("PORTHOLE_LISTEN", "[0:0:0:0:0:0:0:1]:080", "listen", "[::1]:80"),
        ("PORTHOLE_LISTEN", "LOCALHOST:8000", "listen", "localhost:8000"),
        ("PORTHOLE_CADDY_HTTP_PORT", "8080", "caddy_http_port", 8080),
        ("PORTHOLE_CADDY_ADMIN", "unix//run/caddy/admin.sock", "caddy_admin", "unix//run/caddy/admin.sock"),
        ("PORTHOLE_CADDY_ADMIN", "http://127.0.0.1:2019/", "caddy_admin", "http://127.0.0.1:2019"),
        ("PORTHOLE_CADDY_ADMIN", "http://[::1]:2019", "caddy_admin", "http://[::1]:2019"),
        ("PORTHOLE_CADDY_ADMIN", "http://caddy", "caddy_admin", "http://caddy:80"),
        ("PORTHOLE_DATABASE_URL", "postgresql://u:p@db/x", "database_url", "postgresql+psycopg://u:p@db/x"),
        ("PORTHOLE_DATABASE_URL", "postgres:///x?host=/run", "database_url", "postgresql+psycopg:///x?host=/run"),
        ("PORTHOLE_DATABASE_URL", "sqlite:////a/b.db", "database_url", "sqlite:////a/b.db"),
        ("PORTHOLE_BROKER_URL", "redis://redis:6379/1", "broker_url", "redis://redis:6379/1"),
        ("PORTHOLE_BROKER_URL", "rediss://:p@redis/0", "broker_url", "rediss://:p@redis/0"),
        ("PORTHOLE_BROKER_URL", "unix:///run/v.sock?db=2", "broker_url", "redis+socket:///run/v.sock?virtual_host=2"),
        ("PORTHOLE_DEMO", "TRUE", "demo", True),
        ("PORTHOLE_DEMO_WEBSOCKET", "off", "demo_websocket", False),
        ("PORTHOLE_CADDY_LOGS", "/var/log/caddy", "caddy_logs", Path("/var/log/caddy")),
    ],
)
def test_a_setting_is_read_into_its_normal_form(name: str, text: str, field: str, value: object) -> None:
    settings = read(**{name: text})
    assert getattr(settings, field) == value
    assert settings.given == {name}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PORTHOLE_LISTEN", "7678"),
        ("PORTHOLE_NAMESERVERS", "dns.example.com"),
        ("PORTHOLE_NAMESERVERS", "dns.example.com:53"),
        ("PORTHOLE_PUBLIC_ADDRESSES", "203.0.113.9:443"),
        ("PORTHOLE_LISTEN", "127.0.0.1"),
        ("PORTHOLE_LISTEN", "::1:7678"),
        ("PORTHOLE_LISTEN", "[::g]:7678"),
        ("PORTHOLE_LISTEN", "127.0.0.1:0"),
        ("PORTHOLE_LISTEN", "127.0.0.1:65536"),
        ("PORTHOLE_LISTEN", "http://127.0.0.1:80"),
        ("PORTHOLE_LISTEN", "two words:80"),
        ("PORTHOLE_CADDY_HTTPS_PORT", "https"),
        ("PORTHOLE_CADDY_HTTPS_PORT", "-1"),
        ("PORTHOLE_CADDY_HTTPS_PORT", "443/tcp"),
        ("PORTHOLE_CADDY_HTTPS_PORT", "٤٤٣"),
        ("PORTHOLE_CADDY_ADMIN", "localhost:2019"),
        ("PORTHOLE_CADDY_ADMIN", "unix/relative.sock"),
        ("PORTHOLE_CADDY_ADMIN", "unix//run/admin.sock|0660"),
        ("PORTHOLE_CADDY_ADMIN", "https://caddy:2019"),
        ("PORTHOLE_CADDY_ADMIN", "http://user@caddy:2019"),
        ("PORTHOLE_CADDY_ADMIN", "http://caddy:2019/config"),
        ("PORTHOLE_CADDY_ADMIN", "unix//" + "x" * 107),
        ("PORTHOLE_DATABASE_URL", "mysql://db/x"),
        ("PORTHOLE_DATABASE_URL", "/a/b.db"),
        ("PORTHOLE_DATABASE_URL", "sqlite://"),
        ("PORTHOLE_BROKER_URL", "amqp://host"),
        ("PORTHOLE_BROKER_URL", "redis://host:port/0"),
        ("PORTHOLE_BROKER_URL", "redis+socket://host/x"),
        ("PORTHOLE_BROKER_URL", "redis+socket:///" + "x" * 107),
        ("PORTHOLE_SECRET_KEY", "short"),
        ("PORTHOLE_DEMO", "maybe"),
        ("PORTHOLE_DEMO_DOMAIN", "a\nb"),
        ("PORTHOLE_DATA", "/srv/what?"),
        ("PORTHOLE_DATA", "/srv/100%"),
    ],
)
def test_a_broken_value_is_named_and_answered_with_a_sentence(name: str, text: str) -> None:
    message = refused(**{name: text})
    assert message.startswith(f"{name} ")
    assert message.endswith(".")
    assert "Write" in message or "Choose" in message


def test_a_refused_secret_is_not_repeated() -> None:
    assert "hunter2" not in refused(PORTHOLE_DATABASE_URL="mysql://root:hunter2@db/x")
    assert "hunter2" not in refused(PORTHOLE_BROKER_URL="amqp://root:hunter2@mq")
    assert "hunter2" not in refused(PORTHOLE_SECRET_KEY="hunter2")


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    settings = read(
        PORTHOLE_DATABASE_URL="postgresql://u:hunter2@db/x",
        PORTHOLE_BROKER_URL="redis://:hunter2@mq/0",
        PORTHOLE_SECRET_KEY="hunter2" * 8,
    )
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("PORTHOLE_DAT", "PORTHOLE_DATA"),
        ("PORTHOLE_CADDY_PORT_HTTPS", "PORTHOLE_CADDY_HTTPS_PORT"),
        ("PORTHOLE_DATABASE_URI", "PORTHOLE_DATABASE_URL"),
        ("PORTHOLE_BROKER_URLFILE", "PORTHOLE_BROKER_URL_FILE"),
    ],
)
def test_an_unknown_name_is_answered_with_the_one_that_was_meant(typed: str, meant: str) -> None:
    refusal = Settings.read({typed: "x"})
    assert isinstance(refusal, Refusal)
    assert refusal.message == f"There is no setting {typed}. Did you mean {meant}?"
    assert refusal.suggestion == meant


def test_an_unknown_name_like_none_of_ours_is_refused_all_the_same() -> None:
    assert refused(PORTHOLE_XYZ="1").startswith("There is no setting PORTHOLE_XYZ. Remove it")


def test_a_value_can_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "database-url"
    secret.write_text("postgresql://u:p@db/x\n")
    settings = read(PORTHOLE_DATABASE_URL_FILE=str(secret))
    assert settings.database_url == "postgresql+psycopg://u:p@db/x"
    assert settings.given == {"PORTHOLE_DATABASE_URL"}


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe", b"x" * 70_000])
def test_a_file_that_gives_no_value_is_named_with_its_path(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    message = refused(PORTHOLE_SECRET_KEY_FILE=str(path))
    assert message.startswith("PORTHOLE_SECRET_KEY_FILE names ")
    assert str(path) in message


def test_a_value_and_its_file_together_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "listen"
    path.write_text("127.0.0.1:1")
    message = refused(PORTHOLE_LISTEN="127.0.0.1:2", PORTHOLE_LISTEN_FILE=str(path))
    assert message == "PORTHOLE_LISTEN and PORTHOLE_LISTEN_FILE are both set. Keep one of them."


@pytest.mark.parametrize(
    ("listen", "dial", "url"),
    [
        ("0.0.0.0:7678", "127.0.0.1:7678", "http://127.0.0.1:7678"),
        ("[::]:7678", "[::1]:7678", "http://[::1]:7678"),
        ("192.168.1.2:80", "192.168.1.2:80", "http://192.168.1.2:80"),
    ],
)
def test_a_wildcard_address_is_dialled_on_loopback(listen: str, dial: str, url: str) -> None:
    settings = read(PORTHOLE_LISTEN=listen)
    assert (settings.echo_dial, settings.web_url) == (dial, url)


def test_caddy_may_reach_us_under_another_address() -> None:
    assert read(PORTHOLE_LISTEN="0.0.0.0:7678", PORTHOLE_ECHO_DIAL="web:7678").edge.echo_dial == "web:7678"


def test_the_edge_is_what_the_settings_say() -> None:
    edge = read(PORTHOLE_DATA="/srv/p", PORTHOLE_CADDY_HTTPS_PORT="8443", PORTHOLE_PUBLIC_HTTPS_PORT="4433").edge
    assert (edge.name, edge.admin) == ("here", "unix//srv/p/caddy/admin.sock")
    assert (edge.http_port, edge.https_port, edge.public_https_port) == (80, 8443, 4433)
    assert edge.log_folder == "/srv/p/caddy/logs"


@pytest.mark.parametrize("depth", [1, 12, 40])
def test_sockets_can_be_made_however_deep_the_data_folder_lies(tmp_path: Path, depth: int) -> None:
    data = tmp_path.joinpath(*["ein-ordner-ü"] * depth)
    settings = read(PORTHOLE_DATA=str(data), XDG_RUNTIME_DIR=str(tmp_path))
    for path in (settings.caddy_admin.removeprefix("unix/"), settings.broker_url.removeprefix("redis+socket://")):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path)
            assert len(os.fsencode(path)) <= 107
        Path(path).unlink()


def test_two_deep_data_folders_have_different_sockets() -> None:
    one, other = (read(PORTHOLE_DATA=f"/srv/{letter * 120}") for letter in "ab")
    assert one.caddy_admin != other.caddy_admin
    assert one == read(PORTHOLE_DATA=f"/srv/{'a' * 120}")


def test_a_socket_url_means_the_same_server_and_database_to_celery_and_to_the_redis_client(tmp_path: Path) -> None:
    path = Path(tempfile.mkdtemp(prefix="a b")) / "valkey.sock"
    settings = read(PORTHOLE_BROKER_URL=f"redis+socket://{path}?virtual_host=3")
    command = [valkey_program(), "--port", "0", "--unixsocket", str(path), "--dir", str(tmp_path), "--save", ""]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            wait_until(path.exists, "valkey listens")
            with Connection(settings.broker_url) as connection:  # type: ignore[no-untyped-call]  # kombu ships no types
                connection.SimpleQueue("letters").put("hello")
            with Redis.from_url(settings.redis_url) as redis:
                assert redis.llen("letters") == 1
                assert redis.info("keyspace").keys() == {"db3"}
        finally:
            server.terminate()


def test_started_parts_read_the_same_settings_from_the_environment_they_are_handed() -> None:
    settings = read(
        PORTHOLE_DATA="/srv/p",
        PORTHOLE_DATABASE_URL="postgresql://u:p@db/x",
        PORTHOLE_BROKER_URL="unix:///run/v.sock?db=2",
        PORTHOLE_SECRET_KEY="k" * 40,
        PORTHOLE_DEMO="yes",
        PORTHOLE_DEMO_UPSTREAM="http://127.0.0.1:32400",
        PORTHOLE_DEMO_WEBSOCKET="no",
    )
    assert read(**settings.environ()) == settings


def test_a_demonstrations_viewers_dial_the_port_that_caddy_really_has() -> None:
    assert read(PORTHOLE_DEMO="yes").with_ports(8080, 8443).public_https_port == 8443
    assert read(PORTHOLE_DEMO="yes", PORTHOLE_PUBLIC_HTTPS_PORT="9443").with_ports(1, 2).public_https_port == 9443
    assert read().with_ports(8080, 8443).public_https_port == 443


def test_every_setting_stands_in_the_rendered_table_with_one_sentence() -> None:
    table = render_markdown()
    for setting in SETTINGS:
        assert f"| `{setting.name}` | {setting.default} | {setting.description} |" in table
        assert setting.description.endswith(".")
        assert len(table.splitlines()) == len(SETTINGS) + 2


@given(st.dictionaries(st.sampled_from([setting.name for setting in SETTINGS]), st.text(max_size=40), max_size=3))
def test_no_text_makes_reading_fail_with_an_exception(environ: dict[str, str]) -> None:
    outcome = Settings.read(environ)
    if isinstance(outcome, Settings):
        assert Settings.read(outcome.environ()) == outcome
    else:
        assert outcome.message.endswith((".", "?"))


def test_servers_and_addresses_come_as_lists_and_none_means_nobody() -> None:
    settings = read(PORTHOLE_NAMESERVERS="9.9.9.9, 127.0.0.1:53", PORTHOLE_PUBLIC_ADDRESSES="203.0.113.9")
    assert settings.servers == ("9.9.9.9", "127.0.0.1:53")
    assert settings.edge.public_addresses == ("203.0.113.9",)
    assert settings.resolvers == ("1.1.1.1", "8.8.8.8", "9.9.9.9")
    assert read(PORTHOLE_PUBLIC_RESOLVERS="none").resolvers == ()
