"""Every finding of public probes has a section with cause, weight and remedy."""

from __future__ import annotations

import re

import pytest

from wizard.guides import Guides

FINDINGS = (
    "outside-refused",
    "outside-timed-out",
    "outside-name-not-found",
    "outside-private-address",
    "outside-no-answer",
    "outside-other-server",
    "outside-other-thing",
    "outside-bad-gateway",
    "outside-turned-away",
    "outside-certificate",
    "outside-some-places",
    "outside-one-family",
    "outside-dns-differs",
    "outside-not-proven",
    "outside-could-not-ask",
)


@pytest.mark.parametrize("code", FINDINGS)
def test_a_finding_from_outside_has_its_section(guides: Guides, code: str) -> None:
    section = guides.section(f"troubleshooting#{code}")
    assert section is not None
    for part in ("What it means.", "Why it matters.", "What to do"):
        assert f"<strong>{part}</strong>" in section.html
    assert 1 <= len(re.findall(r"<li>", section.html)) <= 5
