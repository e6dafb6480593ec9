from wfx import workflow
from decimal import Decimal
import datetime


@workflow
async def main():
    x = Decimal(7); y = 3; x %= y
    t = datetime.timedelta(hours=7); u = datetime.timedelta(hours=2); t %= u
    f = 7.5; f %= y
    return str(x), str(t), f, "a%sb" % y, "%(k)s" % {"k": 1}, "%s %s" % (1, "x"), b"%d" % y, "%5.2f%%" % f, "%s" % "<o at 0x7f>" , "%s" % ("<o at 0x12>",)
