"""The doctor asks tailscaled what addresses of its own this machine has, and takes none for the provider's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.tailscaled import LOGGED_OUT, Tailscaled
from wizard.verbs.doctor import _own_tailnet_addresses


def test_addresses_that_tailscaled_names_are_the_tailnets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Tailscaled(tmp_path / "tailscaled.sock") as daemon:
        monkeypatch.setattr("wizard.net.tailscaled.SOCKETS", (str(daemon.path),))
        assert list(_own_tailnet_addresses()) == daemon.document["Self"]["TailscaleIPs"]
        daemon.document = LOGGED_OUT
        assert _own_tailnet_addresses() == ()
    assert _own_tailnet_addresses() == ()
