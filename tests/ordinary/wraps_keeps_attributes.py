from wfx import workflow
import functools
def tag(t):
    def deco(f):
        f.tag = t
        return f
    return deco
def logged(f):
    @functools.wraps(f)
    async def wrapper(*a, **k):
        return await f(*a, **k)
    return wrapper
@logged
@tag("x")
async def g(a):
    "doc"
    return a


@workflow
async def main():
    return g.tag, g.__name__, g.__doc__, g.__module__ == __name__, await g(3)
