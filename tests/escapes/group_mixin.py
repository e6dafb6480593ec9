"""Group mixin.

Outcome: violation WFX233
"""

from wfx import workflow

class Mx:
    def split(self,t): return (1,2)
class G(Mx,ExceptionGroup): pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    try:
        raise G("x",[ValueError()])
    except* ValueError as e:
        hit(e)
    return out
