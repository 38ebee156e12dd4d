"""`porthole setup-code` and `porthole reset-password`."""

from __future__ import annotations

import io

import pytest

from tests.cli.conftest import Porthole
from tests.whole_system import System
from wizard.store import owners

PASSWORD = "a new long password"


def test_the_link_with_the_set_up_code_is_printed_until_somebody_used_it(system: System, porthole: Porthole) -> None:
    said = porthole("setup-code")
    code = owners.setup_code(system.place.database)
    assert (said.code, said.out) == (0, f"{system.url}/claim?code={code}\n")
    owners.claim(system.place.database, "Ada", PASSWORD)
    said = porthole("setup-code")
    assert (said.code, said.out) == (1, "")
    assert "has an owner already" in said.err


def test_a_new_password_is_read_from_standard_input(
    system: System, porthole: Porthole, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = owners.claim(system.place.database, "Ada", "the old password")
    assert owner is not None
    token = owners.sign_in(system.place.database, owner, "Firefox", keep=True)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\r\n"))
    said = porthole("reset-password")
    assert (said.code, said.err) == (0, "")
    assert PASSWORD not in said.out
    assert owners.check_password(system.place.database, "Ada", PASSWORD) is not None
    assert owners.signed_in_owner(system.place.database, token) is None


def test_a_short_password_is_refused(system: System, porthole: Porthole, monkeypatch: pytest.MonkeyPatch) -> None:
    owners.claim(system.place.database, "Ada", PASSWORD)
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    said = porthole("reset-password")
    assert said.code == 1
    assert f"{owners.MIN_PASSWORD} characters" in said.err
    assert owners.check_password(system.place.database, "Ada", PASSWORD) is not None


def test_without_an_owner_there_is_no_password(system: System, porthole: Porthole) -> None:
    said = porthole("reset-password")
    assert said.code == 1
    assert "porthole setup-code" in said.err
