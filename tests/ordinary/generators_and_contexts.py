from wfx import workflow
import contextlib, asyncio
@contextlib.contextmanager
def cm(log):
    log.append("in")
    try: yield log
    except ValueError as e: log.append(f"caught {e}")
    else: log.append("ok")
    finally: log.append("out")
class Tx:
    def __init__(self): self.log = []
    async def __aenter__(self): self.log.append("begin"); return self
    async def __aexit__(self, t, v, tb): self.log.append("rollback" if t else "commit"); return t is KeyError
def averager():
    total, n = 0.0, 0
    avg = None
    while True:
        x = yield avg
        if x is None: return total
        total += x; n += 1; avg = total / n
def sub(): r = yield from averager(); yield ("total", r)
async def pages(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield [i, i * 10]
def first(g):
    for x in g: return x
def closing(log):
    try:
        yield 1; yield 2
    finally: log.append("closed")
class Countdown:
    def __init__(self, n): self.n = n
    def __aiter__(self): return self
    async def __anext__(self):
        if self.n <= 0: raise StopAsyncIteration
        self.n -= 1
        return self.n
class Awaitable_:
    def __init__(self, v): self.v = v
    def __await__(self): yield from asyncio.sleep(0).__await__(); return self.v


@workflow
async def main():
    log = []
    with cm(log) as l: l.append("body")
    with cm(log): raise ValueError("x")
    async with Tx() as tx: pass
    async with Tx() as tx2: raise KeyError("k")
    g = sub(); next(g); out = [g.send(10), g.send(20), g.send(None)]
    first(closing(log)); log.append("after")
    for x in closing(log): break
    log.append("after2")
    out.append([v async for p in pages(3) for v in p if v])
    out.append([x async for x in Countdown(3)])
    out.append(await Awaitable_(5))
    gen = (x * x for x in range(10) if x % 2)
    out.append(next(gen)); out.append(list(gen))
    g2 = closing(log); next(g2)
    try: g2.throw(ValueError("t"))
    except ValueError as e: out.append(str(e))
    g3 = closing(log); next(g3); g3.close()
    ag = pages(5); out.append(await anext(ag)); await ag.aclose(); out.append(await anext(ag, "done"))
    return out, log, tx.log, tx2.log
