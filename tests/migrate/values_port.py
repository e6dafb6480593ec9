"""
A port of the recorded `values`, in the sandbox: a step makes each kind of value, another
gives it back.

What JavaScript has and Python has not arrives as the classes of `wfx_migrate.v1.js`, which
workflow code imports like its own.
"""

from __future__ import annotations

from datetime import UTC, datetime

from wfx import step, workflow
from wfx_migrate.v1.js import (
    URL,
    Flattened,
    Headers,
    JsDate,
    JsError,
    JsMap,
    RegExp,
    Tagged,
    TypedArray,
    URLSearchParams,
)

RECORDED = """
string empty unicode lone nul control html int neg float big53 tiny huge nan inf ninf nzero yes no
nil undef bigint negbig date oldDate badDate regex map set emptyMap emptySet bytes emptyBytes buffer
i16 f32 f64 b64 url params headers error sparse nestedArr obj keys nullProto sharedA cyc
"""
OURS = (
    *(Flattened, Headers, JsDate, JsError, JsMap, RegExp, Tagged, TypedArray, URL),
    URLSearchParams,
)
NOT_GIVEN_BACK = ("nullProto",)
"""The old runtime could not write it as an argument."""


@step(name="step//workflows/flows.ts//makeKind")
async def make_kind(kind: str) -> object:
    """Has an outcome for every kind."""
    raise AssertionError


@step(name="step//workflows/flows.ts//echo")
async def echo(value: object) -> object:
    """Gives it back."""
    return value


@step
async def described(pattern: RegExp, url: URL) -> str:
    """A step whose parameters are classes of JavaScript's values."""
    assert isinstance(pattern, RegExp)
    return f"/{pattern.source}/{pattern.flags} {url.href}"


@workflow(name="workflow//workflows/flows.ts//values")
async def values(given: dict[str, object]) -> object:
    """All kinds that were recorded; then what the old program did not come to."""
    seen: dict[str, object] = {}
    for kind in RECORDED.split():
        seen[kind] = await make_kind(kind)
        if kind not in NOT_GIVEN_BACK:
            seen[kind] = await echo(seen[kind])
    moment = datetime.fromtimestamp(0.005, UTC)
    await echo({"input": given, "all": [1, "x", moment, {"m": {1}}]})

    pattern, url, headers = seen["regex"], seen["url"], seen["headers"]
    assert isinstance(pattern, RegExp)
    assert isinstance(url, URL)
    assert isinstance(headers, Headers)
    del seen["nan"], seen["set"]  # not itself, and with such a member
    again = await echo(seen)
    assert isinstance(again, dict)
    return {
        "described": await described(pattern, url),
        "header": headers.get("X-A"),
        "changed": sorted(kind for kind in seen if again[kind] != seen[kind]),
        "made": await echo(RegExp("new", "g")),
        "ours": sorted(kind for kind, value in seen.items() if isinstance(value, OURS)),
    }
