"""How each kind of media server is recognised, as tables over its answers."""

from __future__ import annotations

import json

import pytest

from wizard.media import MEDIA, Identity, NotThis
from wizard.media.shape import page_title
from wizard.net import HttpAnswer

JELLYFIN = {
    "LocalAddress": "http://192.168.1.20:8096",
    "ServerName": "Nas",
    "Version": "10.11.11",
    "ProductName": "Jellyfin Server",
    "OperatingSystem": "",
    "Id": "0123456789abcdef0123456789abcdef",
    "StartupWizardCompleted": True,
}
EMBY = {
    "LocalAddress": "http://192.168.1.20:8096",
    "LocalAddresses": ["http://192.168.1.20:8096"],
    "RemoteAddresses": [],
    "ServerName": "Den",
    "Version": "4.8.11.0",
    "Id": "fedcba9876543210fedcba9876543210",
}


def answer(body: object, status: int = 200, path: str = "/") -> HttpAnswer:
    text = body if isinstance(body, str) else json.dumps(body)
    return HttpAnswer(f"http://192.168.1.20{path}", status, body=text)


def camel(fields: dict[str, object]) -> dict[str, object]:
    return {key[0].lower() + key[1:]: value for key, value in fields.items()}


XML = '<?xml version="1.0"?>\n<MediaContainer claimed="{}" machineIdentifier="abc" version="1.43.2.10687-x"/>'


@pytest.mark.parametrize(
    ("body", "is_set_up"),
    [
        (XML.format(1), True),
        (XML.format(0), False),
        (XML.replace('claimed="{}" ', ""), None),
        (XML.format(1).replace('"abc"', "'abc'"), True),
        ({"MediaContainer": {"claimed": True, "machineIdentifier": "abc", "version": "1.43.2.10687-x"}}, True),
        ({"MediaContainer": {"claimed": False, "machineIdentifier": "abc", "version": "1.43.2.10687-x"}}, False),
        ({"MediaContainer": {"machineIdentifier": "abc", "version": "1.43.2.10687-x"}}, None),
    ],
    ids=["xml", "xml unclaimed", "xml silent", "single quotes", "json", "json unclaimed", "json silent"],
)
def test_plex_is_read_from_xml_and_json(body: object, is_set_up: bool | None) -> None:
    assert MEDIA["plex"].read(answer(body)) == Identity("plex", "abc", "", "1.43.2.10687", is_set_up)


def test_plex_tells_its_name_only_with_a_token() -> None:
    read_name = MEDIA["plex"].read_name
    assert read_name is not None
    assert read_name(answer({"MediaContainer": {"friendlyName": "Living room"}})) == "Living room"
    assert read_name(answer('<MediaContainer friendlyName="Living room"/>')) == "Living room"
    assert read_name(answer("", 401)) == ""


def test_jellyfin_is_read_in_either_letter_case() -> None:
    expected = Identity("jellyfin", str(JELLYFIN["Id"]), "Nas", "10.11.11", is_set_up=True)
    assert MEDIA["jellyfin"].read(answer(JELLYFIN)) == expected
    assert MEDIA["jellyfin"].read(answer(camel(JELLYFIN))) == expected
    open_wizard = MEDIA["jellyfin"].read(answer({**JELLYFIN, "StartupWizardCompleted": False}))
    assert isinstance(open_wizard, Identity)
    assert open_wizard.is_set_up is False
    silent = MEDIA["jellyfin"].read(answer({**JELLYFIN, "StartupWizardCompleted": None}))
    assert isinstance(silent, Identity)
    assert silent.is_set_up is None


def test_emby_and_jellyfin_are_never_taken_for_each_other() -> None:
    emby = MEDIA["emby"].read(answer(EMBY))
    assert emby == Identity("emby", str(EMBY["Id"]), "Den", "4.8.11.0", None)
    assert isinstance(MEDIA["emby"].read(answer(JELLYFIN)), NotThis)
    assert isinstance(MEDIA["jellyfin"].read(answer(EMBY)), NotThis)


def test_an_emby_that_asks_for_a_login_is_closed_only_on_its_own_path() -> None:
    closed = MEDIA["emby"].read(answer("", 401, "/emby/System/Info/Public"))
    assert isinstance(closed, NotThis)
    assert closed.is_closed
    elsewhere = MEDIA["emby"].read(answer("", 401, "/System/Info/Public"))
    assert isinstance(elsewhere, NotThis)
    assert not elsewhere.is_closed


def test_anything_that_answers_is_something_else() -> None:
    read = MEDIA["other"].read
    assert read(answer("<title>Photos</title>")) == Identity("other", "", "Photos")
    assert read(answer("", 401)) == Identity("other", "")
    assert isinstance(read(answer("", 502)), NotThis)


def test_what_a_page_calls_itself_is_one_printable_line() -> None:
    assert page_title("<html><TITLE lang=de>\n FRITZ!Box \u200b &amp; more </TITLE>") == "FRITZ!Box & more"
    assert page_title("<title>" + "x" * 500 + "</title>") == "x" * 79 + "…"
    assert page_title("no title") == ""


def test_a_foreign_value_never_becomes_more_than_a_short_line() -> None:
    body = {"MediaContainer": {"machineIdentifier": "a\nb" + "c" * 500, "version": {"x": 1}}}
    found = MEDIA["plex"].read(answer(body))
    assert isinstance(found, Identity)
    assert (len(found.id), found.version) == (120, "")
    assert "\n" not in found.id


def test_a_label_for_a_sentence() -> None:
    assert Identity("plex", "abc", "Nas", "1.43").label == "Nas (1.43)"
    assert Identity("plex", "abc", version="1.43").label == "1.43"
    assert Identity("other", "").label == ""
    assert NotThis(title="FRITZ!Box", server="nginx").called == "FRITZ!Box"
    assert NotThis(server="nginx").called == "nginx"
