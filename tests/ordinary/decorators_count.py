from wfx import workflow
COUNT = 0
NAMES = ()
def counted(f):
    global COUNT, NAMES
    COUNT += 1
    NAMES = (*NAMES, f.__name__)
    return f
@counted
def a(x): return x
@counted
def b(x): return x


@workflow
async def main():
    return COUNT, NAMES
