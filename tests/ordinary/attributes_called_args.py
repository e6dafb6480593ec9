from wfx import workflow
class E(Exception):
    @property
    def args(self): return ("mine",)
class P:
    args = [1]


@workflow
async def main():
    try: raise E(3)
    except E as e: a = e.args
    p = P(); p.args += [2]; p.args.append(3)
    e2 = ValueError(1); e2.args += (2,); e2.args = (*e2.args, 3)
    return a, p.args, e2.args, P.args, ValueError(5).args[0], getattr(e2, "args")
