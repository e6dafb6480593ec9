from wfx import workflow
class C:
    def __init__(self, v): self.v = v
def apply(f, x): return f(x)
def make(k): return {"i": int, "s": str, "c": C, "l": lambda v: v}[k]


@workflow
async def main():
    return apply(int, "3"), apply(len, "ab"), apply(lambda x: x + 1, 1), apply(C, 2).v, {"a": str.upper}["a"]("x"), (str if True else int)(5), [str, int][1]("7"), make("s")(4), apply(str, b"x"), apply(type, 3).__name__, apply(apply, 1) if False else 0
