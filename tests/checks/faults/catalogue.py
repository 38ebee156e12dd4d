"""The catalogue of seeded faults: every one is named here with the code, the row and the words it must lead to."""

from __future__ import annotations

from tests.checks.faults.at_home import AT_HOME
from tests.checks.faults.in_between import IN_BETWEEN
from tests.checks.faults.in_caddy import IN_CADDY
from tests.checks.faults.shape import Fault
from tests.checks.faults.shown import SHOWN
from tests.checks.test_dns_faults import FAULTS as IN_DNS

FAULTS: tuple[Fault, ...] = (*AT_HOME, *IN_CADDY, *SHOWN, *IN_BETWEEN)

# seeded with real name servers in `test_dns_faults.py`: a run at a `.localhost` name has no DNS of its own
CODES_ELSEWHERE = frozenset(code.partition(" ")[0] for _, code, _ in IN_DNS)
