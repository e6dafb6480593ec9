"""What an author writes workflows with, inside a run and outside."""

from __future__ import annotations

import asyncio
import functools
from datetime import timedelta
from typing import Any

import pytest

from wfx import create_hook, sleep, step, workflow
from wfx.authoring import caller_place, stable_name, step_reference
from wfx.errors import NotInRun, WfxError


def test_a_step_or_workflow_outside_a_run_is_the_plain_function() -> None:
    """As a decorator, with options, or as a call."""

    @step
    def add(a: int, b: int) -> int:
        """Adds."""
        return a + b

    @step(max_retries=5)
    async def later(a: int) -> int:
        return a

    @workflow
    async def flow(a: int) -> int:
        return await later(a) + 1

    plain: Any = add(1, 2)
    assert plain == 3
    assert asyncio.run(flow(1)) == 2
    assert add.__doc__ == "Adds."
    assert step(len, name="x:len")([1]) == 1  # type: ignore[comparison-overlap]  # outside a run


def test_names_are_module_and_qualified_name_or_what_was_given() -> None:
    """Stable, because logs know steps by them."""

    @step
    async def local() -> None: ...

    @workflow(name="shop:pinned")
    async def pinned() -> None: ...

    qualified = "test_names_are_module_and_qualified_name_or_what_was_given.<locals>.local"
    assert local.spec.name == f"{__name__}:{qualified}"
    assert pinned.spec.name == "shop:pinned"
    assert repr(pinned) == "<workflow shop:pinned>"
    with pytest.raises(WfxError, match="give one: name='module:function'"):
        stable_name(functools.partial(print), None)


def test_options_of_a_step_are_in_its_spec() -> None:
    """Seconds or timedeltas, whichever the author likes."""

    @step(max_retries=7, timeout=timedelta(minutes=1), backoff=0.5, max_lost=2, queue="gpu")
    async def body() -> None: ...

    options = body.spec.options
    assert (options.max_retries, options.timeout, options.max_lost) == (7, 60.0, 2)
    assert (options.backoff, options.queue) == (timedelta(seconds=0.5), "gpu")
    assert body.spec.is_async


@pytest.mark.parametrize(
    "options",
    [{"max_retries": -1}, {"max_lost": -1}, {"timeout": -1}, {"backoff": float("inf")}],
)
def test_options_out_of_range_are_refused_where_they_stand(options: dict[str, Any]) -> None:
    """At the decorator, not at the first failure."""
    with pytest.raises(ValueError, match="0 or more"):
        step(**options)


def test_a_workflow_is_an_async_def() -> None:
    """A generator or a plain function is none."""

    def plain() -> None: ...

    async def generator() -> Any:
        yield 1

    for func in (plain, generator):
        with pytest.raises(TypeError, match="must be an `async def` without `yield`"):
            workflow(func)
    with pytest.raises(TypeError, match="a step must be a function, not int"):
        step(3)  # type: ignore[call-overload]  # that is the point


def test_a_priority_is_one_that_every_world_can_keep() -> None:
    """PostgreSQL's integers end somewhere."""
    with pytest.raises(ValueError, match="a priority is -2147483647 to 2147483647, not 4294967296"):

        @step(priority=2**32)
        async def body() -> None: ...


def test_what_exists_only_in_a_run_says_so() -> None:
    """Hooks, durable sleep, and the stand-in of a step."""

    @step(name="t:body")
    async def body() -> None: ...

    with pytest.raises(NotInRun, match="create_hook"):
        create_hook()
    with pytest.raises(NotInRun, match=r"wfx\.sleep"):
        asyncio.run(sleep(1))
    with pytest.raises(NotInRun, match="step t:body"):
        step_reference(body.spec)()


def test_a_place_is_that_of_the_nearest_workflow_code() -> None:
    """Modules of workflow code carry a mark; frames of others are passed over."""
    assert caller_place() == ""
    namespace: dict[str, Any] = {"__wfx_place__": "orders.py", "place": lambda: caller_place()}
    exec("def where():\n    return place()\n", namespace)
    assert namespace["where"]() == "orders.py:2"
