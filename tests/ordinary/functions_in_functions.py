from wfx import workflow
def outer(n):
    def inner(x): return x * n
    g = inner
    h = lambda y: g(y) + 1
    return [inner(2), g(3), h(4)]
async def co(f, x): return await f(x)


@workflow
async def main():
    async def t(x): return x
    return outer(2), await co(t, 5)
