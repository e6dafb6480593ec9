"""The client over a world in memory, without a sandbox."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field

from wfx import create_hook, step, step_context, workflow
from wfx.client import AsyncClient, Client
from wfx.client.endings import Endings
from wfx.entities import Run, RunStatus
from wfx.errors import (
    AlreadyExists,
    EntityGone,
    InvalidArguments,
    InvalidPayload,
    LoadError,
    NotFound,
    RunCancelled,
    RunFailed,
    RunGone,
    RunParked,
    WfxError,
)
from wfx.events import HookReceived
from wfx.memory import MemoryWorld
from wfx.testing.plain import PlainProgram
from wfx.world import ParkReason


class Approval(BaseModel):
    """What an approver sends."""

    ok: bool
    by: str = Field(default="nobody", alias="approvedBy")


@step
async def double(number: int) -> int:
    """Twice the number."""
    return number * 2


@workflow
async def doubled(number: int) -> int:
    """One step."""
    return await double(number)


@workflow
async def fails() -> None:
    """No result."""
    raise ValueError("no such order")


@workflow
async def approved(order: int) -> str:
    """Waits for an approval."""
    async with create_hook(token=f"approve-{order}", schema=Approval) as hook:
        approval = await hook
    return f"{approval.ok} by {approval.by}"


@workflow
async def anything() -> object:
    """Waits for anything."""
    return await create_hook(token="anything")


PROGRAM = PlainProgram(double, doubled, fails, approved, anything)


@pytest.fixture
def world() -> MemoryWorld:
    """A fresh world."""
    return MemoryWorld()


@pytest.fixture
def client(world: MemoryWorld) -> Iterator[Client]:
    """A client that has the program."""
    with Client(world, programs=[PROGRAM]) as made:
        yield made


def wait_for(world: MemoryWorld, is_true: Callable[[], bool]) -> None:
    """Wait until the world has got somewhere."""
    watch = world.watch()
    for _ in range(200):
        if is_true():
            return
        watch.wait(0.05)
    raise AssertionError("it did not happen")


def has_hook(world: MemoryWorld, token: str) -> bool:
    """Whether a hook of this token is there."""
    try:
        world.hooks.get_by_token(token)
    except NotFound:
        return False
    return True


# -- starting and waiting -----------------------------------------------------------------


def test_run_executes_here_and_returns_the_result(client: Client) -> None:
    """`run` starts a run, does its work and hands back what the workflow returned."""
    assert client.run(doubled, 21) == 42


def test_a_started_run_is_pending_until_a_worker_has_it(client: Client) -> None:
    """`start` only creates the run."""
    handle = client.start(doubled, 4)
    assert handle.status() is RunStatus.PENDING

    with client.worker(doubled):
        assert handle.result(timeout=10) == 8

    assert handle.status() is RunStatus.COMPLETED


def test_a_run_started_twice_under_one_id_is_one_run(client: Client) -> None:
    """A priority makes no difference; another input or workflow is a 409 that says so."""
    first = client.start(doubled.options(id="order-7", priority=-5), 4)
    again = client.start(doubled.options(id="order-7"), 4)
    assert first.run_id == again.run_id == "order-7"
    assert len(client.list_runs().items) == 1

    with pytest.raises(AlreadyExists, match="it was started with other arguments") as refused:
        client.start(doubled.options(id="order-7"), 5)
    assert refused.value.status == 409
    with pytest.raises(AlreadyExists, match=r"it is a run of .*:doubled, not of .*:fails"):
        client.start(fails.options(id="order-7"))
    assert client.run(doubled.options(id="order-8"), 2) == 4


def test_many_results_are_awaited_at_once(client: Client) -> None:
    """Threads that wait share one watch and are all woken."""
    handles = [client.start(doubled, number) for number in range(20)]
    results: dict[int, int] = {}

    def wait(number: int) -> None:
        results[number] = handles[number].result(timeout=20)

    threads = [threading.Thread(target=wait, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    with client.worker(doubled):
        for thread in threads:
            thread.join()

    assert results == {number: number * 2 for number in range(20)}


def test_a_result_that_does_not_come_in_time_is_a_timeout(client: Client) -> None:
    """The run is left as it is."""
    handle = client.start(doubled, 1)
    with pytest.raises(TimeoutError, match=rf"{handle.run_id} has not ended within 0.01 s"):
        handle.result(timeout=0.01)
    assert handle.status() is RunStatus.PENDING


def test_wrong_arguments_start_nothing(client: Client) -> None:
    """They are validated against the signature before anything is appended."""
    with pytest.raises(InvalidArguments, match="number"):
        client.start(doubled, "x")  # type: ignore[arg-type]  # that is the test
    assert client.list_runs().items == []


def test_start_as_starts_a_run_once(client: Client) -> None:
    """The id is the idempotency key; another meaning for it is refused."""
    first = client.start_as("wrun_order-7", doubled, 7)
    again = client.start_as("wrun_order-7", doubled, 7)
    assert first == again
    with pytest.raises(AlreadyExists):
        client.start_as("wrun_order-7", doubled, 8)
    assert [run.run_id for run in client.list_runs().items] == ["wrun_order-7"]


def test_a_workflow_of_no_known_module_says_what_to_do(world: MemoryWorld) -> None:
    """A workflow made inside a function belongs to no program."""

    @workflow
    async def local() -> None:
        """Nothing."""

    with Client(world) as client, pytest.raises(LoadError):
        client.start(local)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (double, "double is a step, which only a workflow can start"),
        (inspect.cleandoc, "cleandoc is a plain function"),
        (Run, "Run is a class"),
        (3, "3 is an object of type int"),
    ],
)
def test_what_is_no_workflow_cannot_be_started(client: Client, given: Any, said: str) -> None:
    """It is named as whoever wrote it knows it."""
    with pytest.raises(LoadError) as raised:
        client.start(given)
    assert str(raised.value) == f"{said}; give a function marked @workflow"


# -- ends without a result ----------------------------------------------------------------


def test_a_failed_run_raises_what_it_failed_with(client: Client) -> None:
    """The error has type and message; the workflow's exception is its cause."""
    with pytest.raises(RunFailed) as raised:
        client.run(fails)
    assert raised.value.message == "no such order"
    assert raised.value.type == "builtins:ValueError"
    assert str(raised.value) == f"{raised.value.run_id} failed: ValueError: no such order"
    assert isinstance(raised.value.__cause__, ValueError)


def test_cancelling_is_idempotent_and_ends_the_wait(client: Client) -> None:
    """Who waits for the result is told at once."""
    handle = client.start(anything)
    timer = threading.Timer(0.05, lambda: handle.cancel("too late"))
    timer.start()
    with pytest.raises(RunCancelled, match="too late"):
        handle.result(timeout=10)
    timer.join()
    handle.cancel("again")
    assert client.state(handle.run_id).run.cancel_reason == "too late"


def test_a_completed_run_cannot_be_cancelled(client: Client) -> None:
    """410: it ended."""
    client.run(doubled, 1)
    run_id = client.list_runs().items[0].run_id
    with pytest.raises(RunGone):
        client.cancel(run_id)


def test_a_parked_run_is_told_and_can_be_released(client: Client, world: MemoryWorld) -> None:
    """`result` does not wait for a run that cannot go on by itself."""
    handle = client.start(doubled, 1)
    [task] = world.queue.claim("me")
    world.queue.park(task.hold, ParkReason.RUNAWAY, {"message": "it never came to rest"})

    with pytest.raises(RunParked, match="it never came to rest"):
        handle.result(timeout=10)
    parked = handle.state().parked
    assert parked is not None
    assert (parked.reason, parked.message) == ("runaway", "it never came to rest")

    assert client.release(handle.run_id)
    assert not client.release(handle.run_id)
    assert client.resume(handle.run_id) == 2


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.get("wrun_none"),
        lambda client: client.status("wrun_none"),
        lambda client: client.result("wrun_none"),
        lambda client: client.cancel("wrun_none"),
        lambda client: client.state("wrun_none"),
        lambda client: client.resume("wrun_none", doubled),
    ],
)
def test_an_unknown_run_is_not_found(client: Client, ask: Callable[[Client], object]) -> None:
    """404, whatever is asked of it."""
    with pytest.raises(NotFound, match="wrun_none"):
        ask(client)


# -- hooks --------------------------------------------------------------------------------


def test_a_payload_reaches_the_run(client: Client, world: MemoryWorld) -> None:
    """A pydantic model is sent as the plain JSON that the schema describes."""
    handle = client.start(approved, 7)
    with client.worker(approved):
        wait_for(world, lambda: has_hook(world, "approve-7"))
        client.resume_hook("approve-7", Approval(ok=True, approvedBy="ada"))
        assert handle.result(timeout=10) == "True by ada"


def test_a_payload_that_does_not_fit_is_refused_and_nothing_is_appended(
    client: Client, world: MemoryWorld
) -> None:
    """The schema is checked at the sender."""
    handle = client.start(approved, 7)
    with client.worker(approved):
        wait_for(world, lambda: has_hook(world, "approve-7"))
        with pytest.raises(InvalidPayload, match=r"payload\.ok: 'perhaps' is not of type"):
            client.resume_hook("approve-7", {"ok": "perhaps"})
        events = world.events.list(handle.run_id)
    assert not any(isinstance(event.data, HookReceived) for event in events)


def test_the_same_delivery_is_taken_once(client: Client, world: MemoryWorld) -> None:
    """An event id makes a repeated call harmless, also after the hook is gone."""
    handle = client.start(anything)
    with client.worker(anything):
        wait_for(world, lambda: has_hook(world, "anything"))
        first = client.resume_hook("anything", [1], event_id="delivery-1")
        assert handle.result(timeout=10) == [1]
        again = client.resume_hook("anything", [1], event_id="delivery-1")
    assert first == again


def test_the_three_answers_for_a_token(client: Client, world: MemoryWorld) -> None:
    """Never seen is 404, disposed is 410 and names the run."""
    with pytest.raises(NotFound, match="approve-1"):
        client.resume_hook("approve-1", {"ok": True})
    handle = client.start(approved, 1)
    with client.worker(approved):
        wait_for(world, lambda: has_hook(world, "approve-1"))
        client.resume_hook("approve-1", {"ok": True})
        handle.result(timeout=10)
    with pytest.raises(EntityGone, match=handle.run_id) as raised:
        client.resume_hook("approve-1", {"ok": True})
    assert raised.value.status == 410


def test_state_says_what_a_run_waits_for(client: Client, world: MemoryWorld) -> None:
    """Its hooks, by token."""
    handle = client.start(approved, 3)
    with client.worker(approved):
        wait_for(world, lambda: has_hook(world, "approve-3"))
        state = handle.state()
    assert [hook.token for hook in state.waiting_for.hooks] == ["approve-3"]
    assert state.parked is None


# -- listing ------------------------------------------------------------------------------


def test_runs_are_listed_by_status_and_workflow(client: Client) -> None:
    """Newest first; a workflow may be named by its function."""
    client.run(doubled, 1)
    waiting = client.start(anything)
    assert [run.run_id for run in client.list_runs(status="pending").items] == [waiting.run_id]
    assert [str(run.status) for run in client.list_runs(workflow=doubled).items] == ["completed"]


# -- asynchronous -------------------------------------------------------------------------


def test_the_async_client_does_the_same(world: MemoryWorld) -> None:
    """Results of many runs are awaited at once on one loop."""

    async def main() -> tuple[list[int], int, object]:
        async with AsyncClient(world, programs=[PROGRAM]) as client:
            handles = [await client.start(doubled, number) for number in range(30)]
            approval = await client.start(approved, 9)
            async with client.worker(doubled):
                results = await asyncio.gather(*(handle.result(30) for handle in handles))
                while not has_hook(world, "approve-9"):
                    await asyncio.sleep(0.01)
                await client.resume_hook("approve-9", {"ok": False})
                return results, await client.run(doubled, 50), await approval.result(10)

    results, own, said = asyncio.run(main())
    assert results == [number * 2 for number in range(30)]
    assert (own, said) == (100, "False by nobody")


def test_the_async_client_has_all_that_the_ordinary_one_has() -> None:
    """Under the same names, with the same parameters."""
    for name, method in vars(Client).items():
        if name.startswith("_"):
            continue
        assert name in vars(AsyncClient), name
        if callable(method):
            parameters = inspect.signature(method).parameters
            assert inspect.signature(vars(AsyncClient)[name]).parameters == parameters, name


@step
async def tell(words: list[str]) -> None:
    """Writes to a stream, slowly."""
    for word in words:
        step_context().stream().write(word)
        await asyncio.sleep(0)


@workflow
async def telling(words: list[str]) -> None:
    """One step."""
    await tell(words)


def test_logs_and_streams_are_read_on_a_loop(world: MemoryWorld) -> None:
    """A follower is there before the first chunk, and ends with the run."""
    program = PlainProgram(tell, telling)

    async def main() -> tuple[list[bytes], list[str], list[str]]:
        async with AsyncClient(world, programs=[program]) as client:
            handle = await client.start(telling, ["a", "b", "c"])

            async def follow() -> list[bytes]:
                return [c.data async for c in client.stream(handle.run_id, follow=True)]

            following = asyncio.create_task(follow())
            async with client.worker(telling):
                await handle.result(30)
            log = [event.type async for event in client.events(handle.run_id)]
            late = [event.type async for event in client.events(handle.run_id, 2)]
            with pytest.raises(NotFound):
                [event async for event in client.events("wrun_none")]
            return await following, log, late

    chunks, log, late = asyncio.run(main())
    assert chunks == [b"a", b"b", b"c"]
    assert log[0] == "run_created"
    assert log[-1] == "run_completed"
    assert late == log[2:]


def test_what_ended_a_worker_early_is_raised_where_its_block_ends(world: MemoryWorld) -> None:
    """On a loop as in a thread; an error of the block itself comes first."""

    async def main(error: BaseException | None) -> None:
        async with AsyncClient(world, programs=[PROGRAM]) as client, client.worker(doubled):
            if error is not None:
                raise error

    asyncio.run(main(None))
    with pytest.raises(KeyError, match="mine"):
        asyncio.run(main(KeyError("mine")))


def test_a_result_that_is_there_is_given_without_any_time(world: MemoryWorld) -> None:
    """Both clients look before they wait."""

    async def main() -> int:
        async with AsyncClient(world, programs=[PROGRAM]) as client:
            await client.run(doubled.options(id="r"), 4)
            return await (await client.get("r")).result(timeout=0)

    assert asyncio.run(main()) == 8
    with Client(world) as client:
        assert client.result("r", timeout=0) == 8


def test_an_awaited_result_can_time_out_or_be_cancelled(world: MemoryWorld) -> None:
    """The run is left as it is."""

    async def main() -> RunStatus:
        async with AsyncClient(world, programs=[PROGRAM]) as client:
            handle = await client.start(doubled, 1)
            with pytest.raises(TimeoutError, match="has not ended within"):
                await handle.result(0.01)
            waiting = asyncio.create_task(handle.result())
            await asyncio.sleep(0.01)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            return await handle.status()

    assert asyncio.run(main()) is RunStatus.PENDING


def test_run_of_the_ordinary_client_refuses_to_block_a_loop(world: MemoryWorld) -> None:
    """Before anything is started."""

    async def main() -> None:
        with Client(world, programs=[PROGRAM]) as client:
            client.run(doubled, 1)

    with pytest.raises(WfxError, match="use AsyncClient"):
        asyncio.run(main())
    assert world.runs.list().items == []


def test_a_closed_client_says_so(world: MemoryWorld) -> None:
    """To whoever waits at that moment, and to whoever comes later; closing it again is no error."""

    async def main() -> None:
        client = AsyncClient(world, programs=[PROGRAM])
        handle = await client.start(doubled, 1)
        waiting = asyncio.create_task(handle.result())
        await asyncio.sleep(0.01)
        await client.close()
        await client.close()
        with pytest.raises(WfxError, match="this client was closed while it waited"):
            await waiting
        with pytest.raises(WfxError, match="this client is closed"):
            await handle.status()

    asyncio.run(main())
    client = Client(world, programs=[PROGRAM])
    client.close()
    client.close()
    with pytest.raises(WfxError, match="this client is closed"):
        client.start(doubled, 1)


def test_a_client_that_is_closed_at_any_moment_says_so_to_whoever_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also to one who has asked for a result, and has not begun to wait for it."""
    world = MemoryWorld()
    get = world.runs.get
    close: list[Callable[[], object]] = []

    def closing(*args: Any, **options: Any) -> Run:
        if close:
            close.pop()()
        return get(*args, **options)

    monkeypatch.setattr(world.runs, "get", closing)

    async def main() -> None:
        client = AsyncClient(world, programs=[PROGRAM])
        handle = await client.start(doubled, 1)
        loop = asyncio.get_running_loop()
        close.append(lambda: asyncio.run_coroutine_threadsafe(client.close(), loop).result())
        with pytest.raises(WfxError, match="this client was closed while it waited"):
            await handle.result()

    asyncio.run(main())
    client = Client(world, programs=[PROGRAM])
    handle = client.start(doubled, 1)
    close.append(client.close)
    with pytest.raises(WfxError, match="this client was closed while it waited"):
        handle.result()


def test_nobody_waits_on_what_was_closed_before(world: MemoryWorld) -> None:
    """Who comes just too late is told at once, and no thread is begun for it."""
    run_id = Client(world, programs=[PROGRAM]).start(doubled, 1).run_id
    endings = Endings(world)
    endings.close()
    assert endings.ending(run_id).cancelled()
    assert endings._thread is None


def test_any_number_of_runs_may_be_executed_on_one_loop(world: MemoryWorld) -> None:
    """A run that waits keeps none of the loop's own threads, which are few."""

    async def main() -> list[str]:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        async with AsyncClient(world, programs=[PROGRAM]) as client:
            running = [asyncio.create_task(client.run(approved, n)) for n in range(3)]
            while not all(has_hook(world, f"approve-{n}") for n in range(3)):
                await asyncio.sleep(0.01)
            assert await asyncio.to_thread(lambda: "a thread is free") == "a thread is free"
            for number in range(3):
                await client.resume_hook(f"approve-{number}", {"ok": True})
            return await asyncio.gather(*running)

    assert asyncio.run(main()) == ["True by nobody"] * 3


def test_a_path_is_no_world() -> None:
    """It says how to write one."""
    with pytest.raises(TypeError, match=r"Client\('sqlite:///a/world\.db'\)"):
        Client(Path("a/world.db"))  # type: ignore[arg-type]  # what is tested


def test_a_cancelled_caller_leaves_the_run_resumable(world: MemoryWorld) -> None:
    """Its claim is given back before the caller goes on."""

    async def main() -> str:
        async with AsyncClient(world, programs=[PROGRAM]) as client:
            running = asyncio.create_task(client.run(approved, 5))
            while not has_hook(world, "approve-5"):
                await asyncio.sleep(0.01)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
            assert world.queue.holders() == {}
            await client.resume_hook("approve-5", {"ok": True})
            [run] = (await client.list_runs()).items
            return await client.resume(run.run_id, approved)

    assert asyncio.run(main()) == "True by nobody"


SCRIPT = """
from pydantic import BaseModel
from wfx import Client, step, workflow

class Order(BaseModel):
    id: str

@step
def ship(order: Order) -> Order:
    assert isinstance(order, Order)
    return Order(id=order.id + "!")

@workflow
async def sell(order: Order) -> Order:
    done = await ship(order)
    assert isinstance(done, Order)
    return done

if __name__ == "__main__":
    with Client("memory:") as client:
        sold = client.run(sell, Order(id="a"))
        print(type(sold) is Order, sold)
"""


def test_a_script_may_hold_its_workflow_and_run_it(tmp_path: Path) -> None:
    """The first program many people write: one file, `python orders.py`."""
    (tmp_path / "orders.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "orders.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("True id='a!'\n", "")
