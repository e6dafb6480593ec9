from wfx import workflow
from functools import partial
def f(): pass
p = partial(f)


@workflow
async def main():
    p.count = 1
    return p.count
