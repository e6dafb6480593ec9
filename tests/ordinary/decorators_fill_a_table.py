from wfx import workflow
HANDLERS = {}
def handler(name):
    def deco(f):
        HANDLERS[name] = f
        return f
    return deco
@handler("a")
def on_a(x): return f"a{x}"
@handler("b")
async def on_b(x): return f"b{x}"


@workflow
async def main():
    return [on if isinstance(on := HANDLERS[k](1), str) else await on for k in sorted(HANDLERS)]
