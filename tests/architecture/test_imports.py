"""Which part may know which: imports point down, frameworks are fenced, core is pure."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from tests.architecture.source import PRODUCT, Module, modules

# from the ground up; a module may import its own layer and those before it
LAYERS: tuple[tuple[str, ...], ...] = (
    ("wizard.core",),
    ("wizard.settings", "wizard.settings_kinds", "wizard.settings_table", "wizard.data_folder"),
    (
        "wizard.net",
        "wizard.caddy",
        "wizard.media",
        "wizard.methods",
        "wizard.checks",
        "wizard.store",
        "wizard.guides",
    ),
    ("wizard.adding", "wizard.discovering", "wizard.looking", "wizard.predicting", "wizard.visiting"),
    ("tasks",),
    (
        "wizard.web",
        "wizard.cli",
        "wizard.manual",
        "wizard.verbs",
        "wizard.embedded",
        "wizard.containers",
        "wizard.app",
    ),
)

# package -> where it may be imported
FENCES: dict[tuple[str, ...], tuple[str, ...]] = {
    ("flask", "wtforms", "flask_wtf", "jinja2"): ("wizard.web", "wizard.app"),
    ("celery", "kombu"): ("tasks",),
    ("sqlalchemy", "alembic", "psycopg"): ("wizard.store",),
    ("supervisor",): ("wizard.embedded.supervise",),
    ("apprise",): ("wizard.net.messengers",),
    # the two ways to start Porthole try local ports, and ask its own pages whether they answer;
    # a stream of results looks at its own connection to notice that the tab was closed
    (
        "socket",
        "ssl",
        "http",
        "urllib.request",
        "requests",
        "dns",
        "websockets",
        "websocket",
    ): (
        "wizard.net",
        "wizard.caddy.client",
        "wizard.media",
        "wizard.methods",
        "wizard.embedded.ports",
        "wizard.embedded.supervise",
        "wizard.embedded.greeting",
        "wizard.containers",
        "wizard.web.streams",
    ),
}

IMPURE = (
    "os",
    "sys",
    "time",
    "socket",
    "ssl",
    "subprocess",
    "pathlib",
    "random",
    "secrets",
    "logging",
    "threading",
    "io",
)

READS_ENVIRONMENT = (
    "wizard.cli",
    "wizard.verbs",
    "wizard.app",
    "wizard.containers",
    "tasks.workplace",
    "tasks.clock",
    "wizard.embedded.launch",
    "wizard.embedded.tunnel",
)


def _lies_in(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def _layer(name: str) -> int | None:
    for number, packages in enumerate(LAYERS):
        if any(_lies_in(name, package) for package in packages):
            return number
    return None


def _offences(module: Module, is_offence: object) -> list[str]:
    assert callable(is_offence)
    return [f"{module.path}:{line} imports {name}" for line, name in module.imports() if is_offence(name)]


def test_every_module_stands_in_a_layer() -> None:
    homeless = [
        module.path for module in modules(*PRODUCT) if module.name != "wizard" and _layer(module.name) is None
    ]
    assert homeless == []


def test_imports_point_down() -> None:
    offences = []
    for module in modules(*PRODUCT):
        own = _layer(module.name)
        if own is not None:
            offences += _offences(module, lambda name, own=own: (_layer(name) or 0) > own)
    assert offences == []


def test_nothing_imports_the_tests() -> None:
    offences = [
        line for module in modules(*PRODUCT) for line in _offences(module, lambda name: _lies_in(name, "tests"))
    ]
    assert offences == []


@pytest.mark.parametrize("packages", FENCES, ids=lambda packages: packages[0])
def test_a_framework_stays_behind_its_fence(packages: tuple[str, ...]) -> None:
    offences = []
    for module in modules(*PRODUCT):
        if not any(_lies_in(module.name, home) for home in FENCES[packages]):
            offences += _offences(module, lambda name: any(_lies_in(name, package) for package in packages))
    assert offences == []


def test_core_is_pure() -> None:
    offences = []
    for module in modules("wizard"):
        if _lies_in(module.name, "wizard.core"):
            offences += _offences(module, lambda name: any(_lies_in(name, impure) for impure in IMPURE))
            offences += [
                f"{module.path}:{node.lineno} asks {node.attr}"
                for node in ast.walk(module.tree)
                if isinstance(node, ast.Attribute) and node.attr in {"now", "today", "utcnow"}
            ]
    assert offences == []


def test_checks_do_not_know_each_other() -> None:
    """A file that defines a CHECK is imported by the registry only: what checks share lies in files without one."""
    checks = {module.name for module in modules("wizard") if _defines_check(module)}
    offences = []
    for module in modules("wizard"):
        if module.name in checks:
            offences += _offences(module, lambda name: any(_lies_in(name, check) for check in checks))
    assert offences == []


def _defines_check(module: Module) -> bool:
    names = [target for node in module.tree.body if isinstance(node, ast.Assign) for target in node.targets]
    names += [node.target for node in module.tree.body if isinstance(node, ast.AnnAssign)]
    is_check = any(isinstance(name, ast.Name) and name.id == "CHECK" for name in names)
    return is_check and _lies_in(module.name, "wizard.checks")


def test_only_those_who_read_settings_read_the_environment() -> None:
    offences = [
        f"{module.path}:{node.lineno}"
        for module in modules(*PRODUCT)
        if module.name not in READS_ENVIRONMENT
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"} and _is_name(node.value, "os")
    ]
    assert offences == []


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def test_the_package_itself_is_empty() -> None:
    (package,) = [module for module in modules("wizard") if module.path == "wizard/__init__.py"]
    assert package.tree.body == []


@pytest.mark.parametrize(
    ("imported", "absent"),
    [
        ("tasks.jobs", ("flask", "wtforms")),
        ("tasks.clock", ("flask", "sqlalchemy", "requests", "cryptography")),
        ("wizard.checks", ("flask", "celery", "sqlalchemy")),
        ("tasks.elsewhere", ("flask", "wtforms", "sqlalchemy", "alembic", "tasks.workplace")),
        ("wizard.verbs.vantage", ("flask", "wtforms", "sqlalchemy", "alembic", "tasks.workplace")),
        ("wizard.core.hosts", ("flask", "celery", "sqlalchemy", "requests")),
    ],
)
def test_a_process_loads_only_what_it_needs(imported: str, absent: tuple[str, ...]) -> None:
    program = f"import sys, {imported}; print([name for name in {absent!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "[]", "")
