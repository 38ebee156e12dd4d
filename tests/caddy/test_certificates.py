"""The authority that Caddy asks, and its log about certificates: as JSON, as a Caddyfile, beside other parts."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.caddy.combinations import LISTENERS, normalised
from tests.caddy.talk import proxy_host
from tests.caddy.test_caddyfile import adapt, formatted, version_of
from tests.caddy_process import CaddyProcess
from tests.fakes.authority import Authority
from wizard.caddy.caddyfile import caddyfile
from wizard.caddy.config import build, remove_ours
from wizard.caddy.version import parse_version
from wizard.core.hosts import Edge, ProxyHost

VERSION = parse_version("2.11.7")
CA = "https://ca.lan:9000/acme/dir"
EDGE = Edge("here", "unix//x", log_folder="/var/log/caddy", acme_ca=CA, acme_root="/etc/ca root.pem")
ISSUER = {"module": "acme", "ca": CA, "trusted_roots_pem_files": ["/etc/ca root.pem"]}
PORTS = {"http": {"alternate_port": 80}, "tls-alpn": {"alternate_port": 443}}


def hosts() -> list[ProxyHost]:
    found = [
        proxy_host(name=f"{word}.example.com", listener=listener, paused=word == "b")
        for word, listener in zip("abcde", LISTENERS.values(), strict=True)
    ]
    return [*found, proxy_host(), proxy_host(name="machine.tailnet.ts.net")]


def policies(config: dict[str, Any]) -> list[dict[str, Any]]:
    found = config["apps"].get("tls", {}).get("automation", {}).get("policies", [])
    return [{key: value for key, value in policy.items() if key != "@id"} for policy in found]


def test_only_names_that_an_authority_proves_are_asked_for_there() -> None:
    config = build(hosts(), EDGE, VERSION, None).config
    tailnet = {**PORTS, "bind_host": "fd7a:115c:a1e0::1"}
    assert policies(config) == [
        {"subjects": ["a.example.com", "b.example.com"], "issuers": [{**ISSUER, "challenges": PORTS}]},
        {"subjects": ["e.example.com"], "issuers": [{**ISSUER, "challenges": tailnet}]},
    ]


def test_without_an_authority_of_ones_own_caddy_chooses() -> None:
    config = build(hosts(), Edge("here", "unix//x", log_folder="/var/log/caddy"), VERSION, None).config
    assert "tls" not in config["apps"]


def test_without_a_root_the_public_ones_count() -> None:
    config = build([proxy_host(name="a.example.com")], Edge("here", "unix//x", acme_ca=CA), VERSION, None).config
    ((issuer,),) = (policy["issuers"] for policy in policies(config))
    assert issuer == {"module": "acme", "ca": CA, "challenges": PORTS}


def test_the_caddyfile_means_the_same(caddy: CaddyProcess) -> None:
    answer = adapt(caddy, caddyfile(hosts(), EDGE, version_of(caddy)))
    assert not answer.get("error")
    assert not answer.get("warnings")
    assert normalised(answer["result"]) == normalised(build(hosts(), EDGE, version_of(caddy), None).config)


def test_the_caddyfile_is_formatted_and_gives_its_reasons(newest: CaddyProcess, tmp_path: Any) -> None:
    text = caddyfile(hosts(), EDGE, VERSION)
    assert formatted(newest, text, tmp_path) == text
    lines = [line.strip() for line in text.splitlines()]
    for before, line in zip(["", *lines], lines, strict=False):
        if line and not line.startswith("#") and line != "}":
            assert before.startswith("# "), line


def test_lines_about_certificates_go_to_a_file_and_stay_on_stderr() -> None:
    logs = build(hosts(), EDGE, VERSION, None).config["logging"]["logs"]
    file, stderr = logs["porthole-certificates"], logs["porthole-certificates-stderr"]
    assert file["writer"]["filename"] == "/var/log/caddy/certificates.json"
    assert file["writer"]["mode"] == "0640"
    assert file["include"] == stderr["include"] == ["http.acme_client", "tls"]
    assert stderr["writer"] == {"output": "stderr"}
    assert {"http.acme_client", "tls"} <= set(logs["default"]["exclude"])


@pytest.mark.parametrize("where", ["tunnel", "plain"])
def test_a_caddy_that_gets_no_certificates_has_no_log_of_them(where: str) -> None:
    config = build([proxy_host(listener=LISTENERS[where])], EDGE, VERSION, None).config
    assert "porthole-certificates" not in config["logging"]["logs"]


def test_building_twice_gives_the_same_and_removing_leaves_nothing() -> None:
    config = build(hosts(), EDGE, VERSION, None).config
    assert build(hosts(), EDGE, VERSION, config).config == config
    assert remove_ours(config) == {"admin": config["admin"]}


# beside hand-written parts

THEIRS: dict[str, Any] = {
    "admin": {"listen": "unix//x"},
    "apps": {
        "http": {"servers": {"srv0": {"listen": [":443"], "routes": []}}},
        "tls": {
            "automation": {
                "policies": [
                    {"subjects": ["a.example.com"], "issuers": [{"module": "acme", "ca": "https://other.lan/dir"}]},
                    {"issuers": [{"module": "acme", "ca": "https://theirs.lan/dir"}]},
                ]
            }
        },
    },
}


def test_hand_written_policies_stay_and_a_name_they_have_keeps_its_own() -> None:
    theirs = copy.deepcopy(THEIRS)
    config = build([proxy_host(name=f"{word}.example.com") for word in "ab"], EDGE, VERSION, theirs).config
    ours, *rest = policies(config)
    assert ours == {"subjects": ["b.example.com"], "issuers": [ISSUER]}
    assert rest == THEIRS["apps"]["tls"]["automation"]["policies"]
    assert theirs == THEIRS
    assert remove_ours(config) == THEIRS


def test_on_a_shared_caddy_the_log_is_added_and_the_default_log_keeps_its_lines() -> None:
    config = build([proxy_host(name="b.example.com")], EDGE, VERSION, THEIRS).config
    logs = config["logging"]["logs"]
    assert "porthole-certificates" in logs
    assert "porthole-certificates-stderr" not in logs
    assert not {"http.acme_client", "tls"} & set(logs.get("default", {}).get("exclude", []))


def test_a_shared_caddy_loads_it(newest: CaddyProcess) -> None:
    root = newest.folder / "root.pem"
    root.write_text(Authority.create().certificate_pem)
    theirs = {**copy.deepcopy(THEIRS), "admin": {"listen": newest.admin}}
    theirs["apps"]["http"]["servers"]["srv0"]["listen"] = [f":{newest.https_port}"]
    edge = newest.edge(acme_ca="https://localhost:1/dir", acme_root=str(root))
    config = build([proxy_host(name="b.example.com")], edge, VERSION, theirs).config
    assert newest.client().load(config) is None
