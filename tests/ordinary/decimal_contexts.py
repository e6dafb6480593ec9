from wfx import workflow
from decimal import Decimal, getcontext, localcontext, Context, setcontext, Inexact
getcontext().prec = 6
THIRD = Decimal(1) / Decimal(3)


@workflow
async def main():
    a = str(Decimal(1)/3)
    with localcontext() as c:
        c.prec = 3
        b = str(Decimal(1)/3)
    with localcontext(Context(prec=9)): d = str(Decimal(1)/3)
    setcontext(Context(prec=12))
    return str(THIRD), a, b, d, str(Decimal(1)/3), getcontext().prec, bool(getcontext().flags[Inexact])
