"""
The house stands as its plan says: who may import whom, who prints, who reads the clock.

The plan is tables. Imports inside functions count like others, because a lazy import is a
dependency too; imports for type checkers do not, because a protocol may name what is built
on it. Changing a row is a decision: say why beside it.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parent.parent

# -- the plan -----------------------------------------------------------------------------

SOURCE_ROOTS: Final = {
    "wfx": ROOT / "executor",
    "wfx_sandbox": ROOT / "sandbox",
    "wfx_world_sql": ROOT / "world_sql",
    "wfx_migrate": ROOT / "migrate",
}

EDGE: Final = ("wfx.cli", "wfx.client", "wfx.corpus", "wfx.testing", "wfx.worlds", "wfx.__main__")
"""Where programs, tests and people come in."""

ADAPTERS: Final = ("wfx_sandbox", "wfx_world_sql", "wfx_migrate")

LIBRARIES: Final = {
    "core": {"pydantic", "pydantic_core"},
    # click for the command line, rich for its progress; jsonschema (and its `referencing`)
    # checks payloads for senders;
    # pytest only in the conformance suite that people call from their own tests.
    "edge": {"pydantic", "pydantic_core", "click", "rich", "jsonschema", "referencing", "pytest"},
    # annotated_types is what pydantic's own constraints are made of.
    "wfx_sandbox": {"annotated_types", "pydantic", "pydantic_core", "RestrictedPython"},
    "wfx_world_sql": {"sqlalchemy", "sqlmodel", "psycopg", "alembic", "pydantic"},
    # Legacy stores on PostgreSQL are read by the driver alone.
    "wfx_migrate": {"pydantic", "ulid", "psycopg"},
}
"""What each room may import beside the standard library and wfx itself."""

CORE_LAYERS: Final[tuple[tuple[str, ...], ...]] = (
    ("wfx", "wfx.values", "wfx.scope", "wfx.clock"),
    ("wfx.closing", "wfx.forks", "wfx.passwords", "wfx.written"),
    (
        "wfx.files",
        "wfx.frozen",
    ),
    ("wfx.errors",),
    ("wfx.ids",),
    ("wfx.events",),
    ("wfx.entities", "wfx.binding"),
    ("wfx.machine",),
    ("wfx.projection", "wfx.queues"),
    ("wfx.legality",),
    ("wfx.world",),
    ("wfx.admission", "wfx.claims", "wfx.retention"),
    ("wfx.codec",),
    ("wfx.memory",),
    ("wfx.patches", "wfx.plain", "wfx.syntax"),
    ("wfx.wording",),
    ("wfx.signature",),
    ("wfx.program",),
    ("wfx.context",),
    ("wfx.burial", "wfx.ordered"),
    ("wfx.futures", "wfx.handles"),
    ("wfx.aio",),
    ("wfx.loop",),
    ("wfx.authoring",),
    ("wfx.alike", "wfx.sameness"),
    ("wfx.matching",),
    ("wfx.asking", "wfx.matching_legacy", "wfx.receiving"),
    ("wfx.observing",),
    ("wfx.activation",),
    ("wfx.activation_legacy",),
    ("wfx.recorded_streams",),
    ("wfx.launch", "wfx.recording"),
    ("wfx.divergence",),
    ("wfx.replay",),
    ("wfx.workers",),
)
"""The core from the ground up: a module imports from lower rows only, or from its own."""

PRINTS: Final = {
    "wfx.cli.output": "results and messages are printed in one place",
    "wfx.cli.filing": "`wfx export` without a file: the recording is the result, line by line",
    "wfx.workers.supervisor": "flushes both streams before it makes a child",
    "wfx.testing.simulation.__main__": "what simulations found is its result",
    "wfx.cli.streams": "makes both streams safe to write to, whatever became of them",
    "wfx.cli.quiet": "keeps stdout for the result while code of users runs",
    "wfx.corpus.pool": "the same, in the processes that replay",
    "wfx.corpus.permuting": "what a process of a permutation answers is its stdout",
}

READS_MACHINE_TIME: Final = {
    "wfx.corpus.permuting": "a permutation shifts the clock of its process",
    "wfx.clock": "the clock everybody else is given",
    "wfx.cli": "how far away a moment is, for the person at the terminal",
}

_WALL_CLOCK: Final = {
    "time": {"time", "time_ns"},
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
}

WAITS: Final = {
    "wfx.workers.worker": "how long to wait between sweeps",
    "wfx.workers.supervisor": "how long an activation may take before its process is ended",
    "wfx.workers.wakeups": "how long to wait for the world",
    "wfx.cli.signals": "whether a signal is the one that came just before",
    "wfx.cli.metering": "how long an append takes, for operators",
    "wfx.cli.serving": "how long the loop has not turned, for operators",
    "wfx.client.synchronous": "how long a caller is willing to wait",
    "wfx.testing.simulation.__main__": "for how long to simulate",
    "wfx_world_sql.silence": "how long a server has not answered",
    "wfx_world_sql.watching": "how long a caller is willing to wait",
}
"""Who measures durations of its own waiting; no fact of a run depends on them."""

_STOPWATCH: Final = {"time": {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"}}

MACHINE_PATHS: Final = re.compile(r"(?<![\w.])/(?:root|home/\w+|Users/\w+|work)/|\bC:\\\\Users\\\\")
"""Paths of somebody's machine; they have no business in a file of the project."""


# -- reading the sources ------------------------------------------------------------------


@dataclass(frozen=True)
class Import:
    """One imported module, and whether it is imported when its importer is."""

    importer: str
    imported: str
    line: int
    at_module_level: bool

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.imported}"


@cache
def modules() -> dict[str, Path]:
    """Every module of the four packages."""
    found: dict[str, Path] = {}
    for package, root in SOURCE_ROOTS.items():
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            if parts[-1] == "__init__":
                parts = parts[:-1]
            found[".".join(parts)] = path
    return found


@cache
def tree_of(module: str) -> ast.Module:
    """A module's syntax tree."""
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


def _is_for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and any(
        isinstance(part, ast.Name) and part.id == "TYPE_CHECKING" for part in ast.walk(node.test)
    )


def _walk(node: ast.AST, inside_function: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    for child in ast.iter_child_nodes(node):
        if _is_for_types_only(child):
            continue
        inner = inside_function or isinstance(
            child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
        )
        yield child, inner
        yield from _walk(child, inner)


@cache
def imports() -> tuple[Import, ...]:
    """Every import of every module, `import_module("…")` with a plain string included."""
    found: list[Import] = []
    for module in modules():
        is_package = modules()[module].name == "__init__.py"
        for node, inside in _walk(tree_of(module)):
            for name in _imported(node, module, is_package):
                found.append(Import(module, name, getattr(node, "lineno", 0), not inside))
    return tuple(found)


def _imported(node: ast.AST, module: str, is_package: bool) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            parts = module.split(".")
            parts = parts[: len(parts) - node.level + (1 if is_package else 0)]
            base = ".".join([*parts, *([base] if base else [])])
        return [
            f"{base}.{alias.name}" if f"{base}.{alias.name}" in modules() else base
            for alias in node.names
        ]
    if (
        isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", "")) == "import_module"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ):
        return [str(node.args[0].value)]
    return []


def within(module: str, rooms: tuple[str, ...]) -> bool:
    """Whether a module is one of these, or inside one of these packages."""
    return any(module == room or module.startswith(room + ".") for room in rooms)


def room_of(module: str) -> str:
    """The room a module of ours is in: core, edge or the adapter's name."""
    if within(module, EDGE):
        return "edge"
    package = module.split(".")[0]
    return "core" if package == "wfx" else package


def is_ours(module: str) -> bool:
    """Whether it is a module of one of the four packages."""
    return module.split(".")[0] in SOURCE_ROOTS


def core_unit(module: str) -> str:
    """The row entry of a core module: itself, or the package it is in (`wfx.codec`)."""
    return ".".join(module.split(".")[:2])


def listed(wrong: list[str]) -> str:
    """The findings, for the message of a failed assertion."""
    return "\n".join(wrong)


# -- imports ------------------------------------------------------------------------------


def test_each_source_root_holds_exactly_one_package() -> None:
    """An editable install is four plain folders, and no name of ours clashes with others'."""
    for package, root in SOURCE_ROOTS.items():
        packages = [path.parent.name for path in root.glob("*/__init__.py")]
        assert packages == [package]
        assert (root / package / "py.typed").is_file()


def test_nothing_imports_the_edge_but_the_edge() -> None:
    """Core and adapters know nothing of the command line, the client or the test tools."""
    # `wfx` itself gives `Client` out at first use, by name; it imports nothing.
    wrong = [
        str(each)
        for each in imports()
        if within(each.imported, EDGE) and room_of(each.importer) != "edge"
    ]
    assert not wrong, listed(wrong)


def test_the_core_imports_no_adapter() -> None:
    """The core defines World, Program and Clock; adapters implement them."""
    wrong = [
        str(each)
        for each in imports()
        if room_of(each.importer) == "core" and within(each.imported, ADAPTERS)
    ]
    assert not wrong, listed(wrong)


def test_adapters_do_not_import_each_other() -> None:
    """Each of them can be replaced without the others noticing."""
    wrong = [
        str(each)
        for each in imports()
        if within(each.importer, ADAPTERS)
        and within(each.imported, ADAPTERS)
        and room_of(each.importer) != room_of(each.imported)
    ]
    assert not wrong, listed(wrong)


def test_the_edge_loads_adapters_lazily() -> None:
    """`wfx --help` and a client do not pay for a compiler or a database driver."""
    wrong = [
        str(each)
        for each in imports()
        if room_of(each.importer) == "edge"
        and within(each.imported, ADAPTERS)
        and each.at_module_level
    ]
    assert not wrong, listed(wrong)


def test_each_room_imports_only_the_libraries_it_may() -> None:
    """The core stands on the standard library and pydantic."""
    wrong = []
    for each in imports():
        package = each.imported.split(".")[0]
        if is_ours(each.imported) or package in sys.stdlib_module_names:
            continue
        if package not in LIBRARIES[room_of(each.importer)]:
            wrong.append(str(each))
    assert not wrong, listed(wrong)


def test_every_core_module_has_a_row_and_every_row_a_module() -> None:
    """A new module is given its place in the house when it is made."""
    rows = [unit for layer in CORE_LAYERS for unit in layer]
    there = {core_unit(module) for module in modules() if room_of(module) == "core"}
    assert sorted(rows) == sorted(there)


def test_core_modules_import_downwards() -> None:
    """errors ← events ← machine ← world ← activation ← runner ← worker."""
    height = {unit: level for level, layer in enumerate(CORE_LAYERS) for unit in layer}
    wrong = []
    for each in imports():
        if room_of(each.importer) != "core" or not is_ours(each.imported):
            continue
        above, below = core_unit(each.importer), core_unit(each.imported)
        if above != below and room_of(each.imported) == "core" and height[below] >= height[above]:
            wrong.append(str(each))
    assert not wrong, listed(wrong)


WITHOUT_CIRCLES: Final = ("wfx_sandbox",)
"""Rooms in which an import inside a function leads to no circle either."""


def test_no_modules_import_each_other_in_a_circle() -> None:
    """What is imported with a module never leads back to it."""
    graph: dict[str, set[str]] = {module: set() for module in modules()}
    for each in imports():
        # A package's own module is imported with anything in it, and lists what it gives out.
        counts = each.at_module_level or within(each.importer, WITHOUT_CIRCLES)
        if counts and each.imported in graph and each.imported != each.importer:
            graph[each.importer].add(each.imported)
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " → ".join([*path[path.index(module) :], module])
        if module not in done:
            for below in sorted(graph[module]):
                visit(below, (*path, module))
            done.add(module)

    for module in graph:
        visit(module, ())


def test_importing_wfx_loads_nothing_else() -> None:
    """A module of workflows is imported by every process; the import costs next to nothing."""
    code = (
        "import sys, wfx; "
        "print([m for m in ('pydantic', 'sqlalchemy', 'RestrictedPython', 'click', 'asyncio') "
        "if m in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout.strip() == "[]"


# -- printing, time, paths ----------------------------------------------------------------


def test_only_one_module_prints() -> None:
    """Work returns a value; one place decides what people see and on which stream."""
    wrong = []
    for module in modules():
        if module in PRINTS:
            continue
        for node, _ in _walk(tree_of(module)):
            if isinstance(node, ast.Call) and _spelled(node.func) in ("print", "click.echo"):
                wrong.append(f"{module}:{node.lineno} calls {_spelled(node.func)}")
            if isinstance(node, ast.Attribute) and _spelled(node) in ("sys.stdout", "sys.stderr"):
                wrong.append(f"{module}:{node.lineno} uses {_spelled(node)}")
    assert not wrong, listed(wrong)


def test_only_the_clock_reads_the_time_of_the_machine() -> None:
    """Everybody else is given a Clock, so tests and replay decide what time it is."""
    wrong = _uses(_WALL_CLOCK, allowed=READS_MACHINE_TIME)
    assert not wrong, listed(wrong)


def test_only_those_who_wait_measure_how_long() -> None:
    """A duration that was measured never decides what a run does."""
    wrong = _uses(_STOPWATCH, allowed=WAITS)
    assert not wrong, listed(wrong)


@pytest.mark.parametrize(
    "table", [PRINTS, READS_MACHINE_TIME, WAITS], ids=["prints", "time", "waits"]
)
def test_every_exception_names_modules_that_are_there(table: Mapping[str, str]) -> None:
    """An exception whose module is gone goes too."""
    assert not [room for room in table if not any(within(m, (room,)) for m in modules())]


def _uses(names: Mapping[str, set[str]], *, allowed: Mapping[str, str]) -> list[str]:
    return [
        f"{module}:{node.lineno} uses {_spelled(node)}"
        for module in modules()
        if not within(module, tuple(allowed))
        for node, _ in _walk(tree_of(module))
        if isinstance(node, ast.Attribute)
        and node.attr in names.get(_spelled(node.value).rpartition(".")[2], ())
    ]


def _spelled(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_spelled(node.value)}.{node.attr}"
    return ""


def test_every_module_says_what_it_is_for() -> None:
    """A module opens with the sentence that says what it is for."""
    wrong = [module for module in modules() if not ast.get_docstring(tree_of(module))]
    assert not wrong, listed(wrong)


@pytest.mark.parametrize("top", [*SOURCE_ROOTS, "docs", "tests", ".ci", "README.md"])
def test_no_file_names_a_path_of_somebodys_machine(top: str) -> None:
    """What is in the project works on every machine."""
    start = SOURCE_ROOTS[top] if top in SOURCE_ROOTS else ROOT / top
    files = [start] if start.is_file() else sorted(start.rglob("*"))
    wrong = []
    for path in files:
        if not path.is_file() or "__pycache__" in path.parts or path == Path(__file__):
            continue
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(lines, start=1):
            if MACHINE_PATHS.search(line):
                wrong.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert not wrong, listed(wrong)
