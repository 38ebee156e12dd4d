"""The file of a tunnel that its owner manages: ours is in order, and each way to get it wrong has its sentence."""

from __future__ import annotations

import pytest

from wizard.core.tunnel_ingress import ingress_file, look_over

NAME, SERVICE = "plex.example.com", "http://127.0.0.1:7681"
GOOD = ingress_file(NAME, SERVICE, "6ff42ae2-765d-4adf-8112-31c55c1551ef")


def test_the_file_we_write_is_in_order() -> None:
    assert look_over(GOOD, NAME, SERVICE) == ()


def test_what_people_write_around_it_is_understood() -> None:
    text = """
# my tunnel
tunnel: home
credentials-file: "/etc/cloudflared/home.json"   # keep it
loglevel: info
ingress:
- hostname: "requests.example.com"
  service: http://localhost:5055
  originRequest:
    connectTimeout: 10s
    noTLSVerify: true
- hostname: '*.example.com'
  service: http://localhost:7681
- service: http_status:404
"""
    assert look_over(text, NAME, SERVICE) == ()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("  - service: http_status:404\n", "", "The last rule must catch everything."),
        (NAME, "other.example.com", f"No rule is for {NAME}."),
        (SERVICE, "http://127.0.0.1:32400", f"{NAME} is led to http://127.0.0.1:32400. It has to be {SERVICE}."),
        (SERVICE, "https://127.0.0.1:7681", "It has to be"),
        (f"{SERVICE}\n", f"{SERVICE}\n    path: ^/web\n", "has a `path`"),
        (f"{SERVICE}\n", f"{SERVICE}\n    originRequest:\n      httpHostHeader: x\n", "`httpHostHeader` changes"),
        (f"{SERVICE}\n", f"{SERVICE}\n    originRequest:\n      access:\n        required: true\n", "`access` asks"),
        ("ingress:\n", "ingress:\n  - service: http://127.0.0.1:80\n", "Rule 1 catches everything"),
        ("credentials-file", "credentials", "`credentials-file` is missing"),
        ("ingress:\n", "ingress: [{service: x}]\nrules:\n", "no list `ingress`"),
        ("ingress:\n", "ingress:\n  {hostname: x}\n", "Line 4 could not be read."),
    ],
)
def test_each_mistake_has_its_sentence(old: str, new: str, sentence: str) -> None:
    found = look_over(GOOD.replace(old, new), NAME, SERVICE)
    assert any(sentence in one for one in found), found


def test_what_is_no_file_at_all_is_said() -> None:
    assert look_over("", NAME, SERVICE) == ("There is no list `ingress` with rules in it.",)
    assert look_over("hello there", NAME, SERVICE) == (
        "Line 1 could not be read. Write one `key: value` in each line.",
    )
