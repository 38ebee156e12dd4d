"""Types are learned by msgspec before threads meet them: otherwise a worker crashes at its first jobs."""

from __future__ import annotations

import ast
import subprocess
import sys

from tests.architecture.source import PRODUCT, ROOT, Module, modules

# the types of checks are learned where the checks are gathered
ELSEWHERE = {"wizard/checks/running.py", "tasks/checking.py"}
READ_AT_ONCE = """
import sys, threading
from tasks import jobs
from wizard.checks import CHECKS
from wizard.core.verdicts import Verdict
import msgspec
sys.setswitchinterval(1e-6)
kinds = [tuple[Verdict, ...], *(check.seen_type for check in CHECKS.values())]
gate = threading.Barrier(8)
def read():
    for kind in kinds:
        gate.wait()
        try:
            msgspec.convert({}, kind)
        except msgspec.ValidationError:
            pass
threads = [threading.Thread(target=read) for _ in range(8)]
[one.start() for one in threads]
[one.join() for one in threads]
"""


def _reads_a_type(module: Module) -> bool:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = ast.unparse(node.func)
            typed = name == "msgspec.json.decode" and any(word.arg == "type" for word in node.keywords)
            if name == "msgspec.convert" or typed:
                return True
    return False


def test_whoever_reads_values_of_a_type_lets_it_be_learned_first() -> None:
    readers = {module.path for module in modules(*PRODUCT) if _reads_a_type(module)}
    assert readers
    learners = {module.path for module in modules(*PRODUCT) if "\nlearn(" in module.text}
    assert readers - learners - ELSEWHERE == set()


def test_eight_threads_may_read_every_type_for_the_first_time_at_once() -> None:
    command = [sys.executable, "-c", READ_AT_ONCE]
    done = subprocess.run(command, cwd=ROOT, timeout=60, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
