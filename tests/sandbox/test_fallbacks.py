"""`try: import x` with a fallback: workflow code takes the fallback where x is refused."""

from __future__ import annotations

from typing import Any

import pytest

TAIL = """
from wfx import step, workflow

@step
async def work() -> int:
    return 1

@workflow
async def main():
    RETURN
"""

CASES = {
    "another module": (
        "try:\n    import orjson as json\nexcept ImportError:\n    import json",
        "return json.dumps([1])",
        "[1]",
    ),
    "None and a flag": (
        (
            "try:\n    import numpy as np\n    HAS = True\nexcept ModuleNotFoundError:\n"
            "    np = None\n    HAS = False"
        ),
        "return [np is None, HAS]",
        [True, False],
    ),
    "a function": (
        (
            "try:\n    from ujson import dumps\nexcept ImportError:\n    def dumps(x):\n"
            "        return 'own'"
        ),
        "return dumps([1])",
        "own",
    ),
    "the error is used": (
        (
            "try:\n    import yaml\nexcept ImportError as e:\n    WHY = type(e).__name__\n"
            "else:\n    WHY = 'there'"
        ),
        "return WHY",
        "ImportError",
    ),
    "in a chain": (
        (
            "try:\n    import orjson as j\nexcept ImportError:\n    try:\n"
            "        import ujson as j\n    except Exception:\n        import json as j"
        ),
        "return j.dumps(1)",
        "1",
    ),
    "a name of a facade": (
        "try:\n    from json import tool\nexcept ImportError:\n    tool = 'none'",
        "return tool",
        "none",
    ),
    "inside a function": (
        (
            "def dump(x):\n    try:\n        import orjson\n        return orjson.dumps(x)\n"
            "    except ImportError:\n        import json\n        return json.dumps(x)"
        ),
        "return dump([1])",
        "[1]",
    ),
    "what can be had": (
        "try:\n    from math import tau\nexcept ImportError:\n    tau = 0",
        "return tau > 6",
        True,
    ),
    "a local module": (
        "try:\n    from ahelper import value\nexcept ImportError:\n    value = 0",
        "return value",
        5,
    ),
    "a local module that is not there": (
        "try:\n    from bhelper import value\nexcept ImportError:\n    value = 0",
        "return value",
        0,
    ),
    "versions": (
        (
            "import sys\nif sys.version_info >= (3, 4):\n    from math import pi\n"
            "else:\n    from nowhere import pi"
        ),
        "return pi > 3",
        True,
    ),
    "finally": (
        "try:\n    import yaml\nexcept ImportError:\n    A = 1\nfinally:\n    B = 2",
        "return [A, B]",
        [1, 2],
    ),
}


@pytest.mark.parametrize(("head", "body", "expected"), CASES.values(), ids=CASES)
def test_a_refused_module_is_one_that_is_not_installed(
    lab: Any, head: str, body: str, expected: object
) -> None:
    """The fallback holds, nothing is tainted."""
    source = head + "\n" + TAIL.replace("RETURN", body)
    assert lab.findings(source, ahelper="value = 5") == []
    assert lab.call(lab.load()) == expected


def test_without_a_fallback_for_the_name_its_use_is_still_a_finding(lab: Any) -> None:
    """A handler that does something else helps nobody."""
    source = "import httpx\n" + TAIL.replace("RETURN", "return httpx.get('x')")
    assert any("WFX201" in each for each in lab.findings(source))
