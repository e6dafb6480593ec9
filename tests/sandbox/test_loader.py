"""TARGET, and every way in which it can be wrong."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import pytest

import wfx_sandbox
from wfx.errors import LoadError

GOOD = """
from wfx import step, workflow

@step
def charge(): ...

@workflow
async def checkout(): return 1

@workflow
async def refund(): return 2

async def helper(): ...

def plain(): ...

class Thing: ...

LIMIT = 3
"""


def error(lab: Any, target: str) -> str:
    """The text of the error a target gives."""
    with pytest.raises(LoadError) as caught:
        lab.load(target)
    return str(caught.value).replace(str(lab.app_dir.resolve()), "<app>")


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("", "'' names no module: write package.module:workflow or path/file.py:workflow"),
        (":checkout", ("':checkout' names no module: write package.module:workflow or "
         "path/file.py:workflow")),
        ("a b:c", ("'a b' is no module name: write package.module:workflow or "
         "path/file.py:workflow")),
        ("shop.ordrs:checkout", ("there is no module 'shop.ordrs' in <app>. Did you mean "
         "'shop.orders'?\nA target is a module below the app directory, or the path of a "
         ".py file.")),
        ("json:x", ("there is no module 'json' in <app>. It is a module of Python or of wfx, "
         "not one of yours.\nA target is a module below the app directory, or the path of a "
         ".py file.")),
        ("shop/ordrs.py:checkout", ("there is no file shop/ordrs.py (looked for "
         "<app>/shop/ordrs.py). Did you mean shop/orders.py?")),
        ("shop/:checkout", "shop/ is a directory: name a .py file in it"),
        ("notes/readme.txt", "notes/readme.txt is no Python file: its name does not end in .py"),
        ("notes/my-flow.py", ("notes/my-flow.py has no module name, because 'my-flow' is no "
         "Python name: rename it")),
        ("shop.orders:chekout", ("shop.orders has no workflow 'chekout'. Did you mean "
         "'checkout'? Workflows in shop.orders: checkout, refund.")),
        ("shop.orders", ("shop.orders has 2 workflows: checkout, refund. Say which, as in "
         "shop.orders:checkout")),
        ("shop.orders:charge", ("'charge' in shop.orders is a step, which only a workflow can "
         "start: await it from one. Workflows in shop.orders: checkout, refund.")),
        ("shop.orders:helper", ("'helper' in shop.orders is an `async def` function, but no "
         "workflow: mark it with @workflow (from wfx). Workflows in shop.orders: checkout, "
         "refund.")),
        ("shop.orders:plain", ("'plain' in shop.orders is a plain function: a workflow is an "
         "`async def` function marked with @workflow. Workflows in shop.orders: checkout, "
         "refund.")),
        ("shop.orders:Thing", ("'Thing' in shop.orders is a class: a workflow is an `async def` "
         "function marked with @workflow. Workflows in shop.orders: checkout, refund.")),
        ("shop.orders:LIMIT", ("'LIMIT' in shop.orders is an object of type int, not a workflow. "
         "Workflows in shop.orders: checkout, refund.")),
        ("empty", "empty has no workflow: mark an `async def` with @workflow (from wfx)"),
        ("raises", ("cannot import raises: raises.py:3: ValueError: boom\n"
         '    raise ValueError("boom")')),
        ("exits", ("cannot import exits: exits.py:1: SystemExit: 3\n    raise SystemExit(3)\n"
         "A module that exits when it is imported cannot be loaded.")),
        ("needs", ("cannot import needs: needs.py:1: ModuleNotFoundError: No module named "
         "'no_such_library'\n    import no_such_library\n"
         "Install it in the environment wfx runs in, or correct the import of "
         "'no_such_library'.")),
        ("environs", ("cannot import environs: environs.py:2: KeyError: 'NO_SUCH_VARIABLE'\n"
         '    KEY = os.environ["NO_SUCH_VARIABLE"]\n'
         "Set the environment variable NO_SUCH_VARIABLE before wfx is started.")),
        ("keyed", "cannot import keyed: keyed.py:1: KeyError: 'a'\n    x = {}[\"a\"]"),
        ("syntax", "syntax.py:2: SyntaxError: invalid syntax\n    x = = 1\n        ^"),
        ("indirect", ("cannot import indirect: raises.py:3: ValueError: boom\n"
         '    raise ValueError("boom")')),
    ],
)  # fmt: skip
def test_bad_targets_get_one_clear_sentence(lab: Any, target: str, text: str) -> None:
    """Each names the thing, what was expected and what to do next."""
    lab.write(
        shop__orders=GOOD,
        empty="x = 1",
        raises='\n\n"""doc"""\nx = 1\nraise ValueError("boom")\n',
        exits="raise SystemExit(3)\n",
        needs="import no_such_library\n",
        environs='import os\nKEY = os.environ["NO_SUCH_VARIABLE"]\n',
        keyed='x = {}["a"]\n',
        syntax="y = 1\nx = = 1\n",
        indirect="import raises\n",
        notes__x="",
    )
    (lab.app_dir / "notes" / "readme.txt").write_text("hello")
    (lab.app_dir / "notes" / "my-flow.py").write_text(GOOD)
    assert error(lab, target) == text


def test_a_file_that_is_no_text_is_said_so(lab: Any) -> None:
    """Null bytes and wrong encodings."""
    (lab.app_dir / "flow.py").write_bytes(b"\xff\xfe\x00x")
    assert error(lab, "flow").startswith("flow.py is no Python source: ")


@pytest.mark.parametrize(
    "target", ["shop.orders:checkout", "shop/orders.py:checkout", "./shop/orders.py:checkout"]
)
def test_names_are_the_same_for_a_module_and_a_file(lab: Any, target: str) -> None:
    """Module path from the app directory plus qualified name."""
    lab.write(shop__orders=GOOD)
    loaded = lab.load(target)
    assert loaded.workflow_name == "shop.orders:checkout"
    assert set(loaded.program.workflows) == {"shop.orders:checkout", "shop.orders:refund"}
    assert set(loaded.program.steps) == {"shop.orders:charge"}
    assert lab.call(loaded) == 1


def test_a_file_outside_of_the_app_directory_is_named_by_its_stem(lab: Any) -> None:
    """Its own directory is searched for helpers."""
    other = lab.app_dir.parent / "other"
    other.mkdir()
    (other / "flow_elsewhere.py").write_text(
        "from beside import two\nfrom wfx import workflow\n\n"
        "@workflow\nasync def main(): return two()\n"
    )
    (other / "beside.py").write_text("def two(): return 2\n")
    loaded = lab.load(str(other / "flow_elsewhere.py"))
    assert loaded.workflow_name == "flow_elsewhere:main"
    assert lab.call(loaded) == 2


def test_a_changed_file_is_loaded_anew(lab: Any) -> None:
    """In one process, within the same second, and with the same size."""
    source = "from wfx import workflow\n\n@workflow\nasync def main(): return {}\n"
    lab.write(flow=source.format(1))
    first = lab.load()
    lab.write(flow=source.format(2))
    second = lab.load()
    assert (lab.call(first), lab.call(second)) == (1, 2)
    assert first.program.digest != second.program.digest


def test_a_module_that_was_imported_meanwhile_is_taken_as_it_is(
    lab: Any, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one of its name was loaded before; who holds its classes goes on with the same."""
    source = "from wfx import workflow\n\n@workflow\nasync def main(): return {}\n"
    before = tmp_path_factory.mktemp("before")
    (before / "flow.py").write_text(source.format(1))
    wfx_sandbox.load_program("flow", app_dir=before)
    lab.write(flow=source.format(2))
    monkeypatch.syspath_prepend(str(lab.app_dir))
    del sys.modules["flow"]
    imported = importlib.import_module("flow")

    loaded = lab.load()

    assert sys.modules["flow"] is imported
    assert lab.call(loaded) == 2


def test_a_directory_with_the_name_of_an_installed_package_is_ours(
    lab: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`docs` or `tests` may exist as a package elsewhere."""
    # Loading ours puts it in the place of the one that is imported already; it comes back.
    monkeypatch.setitem(sys.modules, "iniconfig", importlib.import_module("iniconfig"))
    flow = "from wfx import workflow\n@workflow\nasync def m(): return 5\n"
    lab.write(iniconfig__flow_of_ours=flow)
    told = error(lab, "iniconfig.flow_of_ours:nope")
    assert told.startswith("iniconfig.flow_of_ours has no workflow")


def test_the_digest_covers_what_workflow_code_needs_and_nothing_else(lab: Any) -> None:
    """A helper of workflow code counts; a module that only steps use does not."""
    flow = """
        import for_steps
        from for_workflows import two
        from wfx import step, workflow

        @step
        def s(): return for_steps.x

        @workflow
        async def main(): return two()
    """
    lab.write(flow=flow, for_workflows="def two(): return 2\n", for_steps="x = 1\n")
    before = lab.load().program.digest
    lab.write(for_steps="x = 2\n")
    assert lab.load().program.digest == before
    lab.write(for_workflows="def two(): return 3\n")
    assert lab.load().program.digest != before


def test_local_packages_import_each_other_as_in_python(lab: Any) -> None:
    """Relative imports, cycles, packages with and without __init__, imports in functions."""
    assert lab.run(
        """
        import pkg.deep.leaf
        import pkg.sub as sub
        from pkg import NAME, sub as again
        from wfx import workflow

        @workflow
        async def main():
            from pkg.late import late
            return [pkg.deep.leaf.leaf(), sub.up(), again is sub, NAME, late()]
        """,
        pkg__INIT="from .sub import NAME\n",
        pkg__sub="""
        NAME = "n"
        from . import deep
        from .deep import leaf
        def up(): return leaf.name_of_sub()
        """,
        pkg__deep__leaf="""
        from .. import sub
        def leaf(): return "leaf"
        def name_of_sub(): return sub.NAME + "!"
        """,
        pkg__late="def late(): return 'late'\n",
    ) == ["leaf", "n!", True, "n", "late"]


def test_importing_the_package_loads_no_compiler() -> None:
    """`import wfx_sandbox` is cheap; RestrictedPython comes with the first program."""
    import subprocess
    import sys

    code = "import sys, wfx_sandbox; print('RestrictedPython' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
    assert wfx_sandbox.RULES


def test_a_library_may_be_the_first_to_import_a_module_of_the_table(lab: Any) -> None:
    """Whether Python has the module is not asked of the finder that is asking."""
    import subprocess
    import sys

    lab.write(flow="import stringprep\n" + GOOD)  # imports unicodedata, as idna does
    code = f"""
import sys
from pathlib import Path
from wfx_sandbox.loader import load_target
assert "unicodedata" not in sys.modules
print(load_target("flow:checkout", app_dir=Path({str(lab.app_dir)!r})).workflow_name)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr[-300:]) == ("flow:checkout\n", "")


SUM = "from wfx import workflow\n\n@workflow\nasync def main():\n    return {terms}\n"


def test_a_long_sum_is_a_deep_tree_and_loads(lab: Any) -> None:
    """Six hundred terms: more levels than Python's functions may call themselves by default."""
    assert lab.run(SUM.format(terms=" + ".join(["1"] * 600))) == 600
    assert sys.getrecursionlimit() < 5000


def test_a_tree_that_is_too_deep_is_told(lab: Any) -> None:
    """No failure of ours, and no crash of the interpreter."""
    lab.write(flow=SUM.format(terms=" + ".join(["1"] * 50_000)))
    with pytest.raises(LoadError, match=r"^flow\.py holds an expression that is nested too deeply"):
        lab.load()


def test_a_compiler_that_fails_is_told(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some versions of Python raise SystemError for programs they should compile."""

    def fail(*_: Any) -> None:
        raise SystemError("compiler_addop: no such op")

    monkeypatch.setattr("wfx_sandbox.loader.compile_module", fail)
    lab.write(flow=GOOD)
    with pytest.raises(LoadError, match=r"^flow\.py makes the compiler of Python 3\.\d+\.\d+ fail"):
        lab.load()
