from wfx import workflow
import asyncio
from datetime import datetime, timedelta, UTC
async def slow(): await asyncio.sleep(50); return "slow"


@workflow
async def main():
    out = []
    try: await asyncio.wait_for(slow(), 0.01)
    except asyncio.TimeoutError: out.append("wf")
    try:
        async with asyncio.timeout(0.01) as cm: await slow()
    except TimeoutError: out.append(cm.expired())
    async with asyncio.timeout(10) as cm: cm.reschedule(None); await asyncio.sleep(0)
    t1 = asyncio.create_task(slow(), name="mine"); t2 = asyncio.create_task(asyncio.sleep(0.01, "fast"))
    done, pend = await asyncio.wait({t1, t2}, return_when=asyncio.FIRST_COMPLETED)
    out += [t1.get_name(), [t.result() for t in done], len(pend)]
    for p in pend: p.cancel()
    out += [type(r).__name__ for r in await asyncio.gather(*pend, return_exceptions=True)]
    async def shielded():
        try: await asyncio.shield(asyncio.sleep(0.02, "s"))
        except asyncio.CancelledError: out.append("c"); raise
    t = asyncio.create_task(shielded()); await asyncio.sleep(0); t.cancel()
    try: await t
    except asyncio.CancelledError: pass
    cond = asyncio.Condition(); items = []
    async def consumer():
        async with cond:
            await cond.wait_for(lambda: items)
            return items.pop()
    c = asyncio.create_task(consumer()); await asyncio.sleep(0)
    async with cond: items.append(1); cond.notify_all()
    out.append(await c)
    b = asyncio.Barrier(2); out.append(sorted(await asyncio.gather(b.wait(), b.wait())))
    loop_t = datetime.now(UTC) - datetime.now(UTC) < timedelta(seconds=1); out.append(loop_t)
    pq = asyncio.PriorityQueue(); [pq.put_nowait(x) for x in (3,1,2)]; out.append([pq.get_nowait() for _ in range(3)])
    try: pq.get_nowait()
    except asyncio.QueueEmpty: out.append("empty")
    fut = asyncio.Future(); fut.set_result(4); out.append(await fut)
    out += [asyncio.iscoroutinefunction(slow), asyncio.current_task().get_name() != "", fut.done()]
    return out
