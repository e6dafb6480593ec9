from wfx import workflow
class R:
    def json(self): return {"a": 1}
    items = [1]; keys = "k"; args = None


@workflow
async def main():
    r = R()
    return r.json(), r.items, r.keys, r.args, R.json(r), (lambda f: f())(r.json)
