from wfx import workflow
import inspect, asyncio, functools
def deco(f):
    if inspect.iscoroutinefunction(f):
        @functools.wraps(f)
        async def w(*a): return ("async", await f(*a))
    else:
        @functools.wraps(f)
        def w(*a): return ("sync", f(*a))
    return w
@deco
def a(x): return x
@deco
async def b(x): return x


@workflow
async def main():
    return a(1), await b(2), inspect.isclass(int), inspect.isfunction(a)
