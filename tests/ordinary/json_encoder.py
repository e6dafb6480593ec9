from wfx import workflow
import json
from decimal import Decimal
from datetime import datetime
class Enc(json.JSONEncoder):
    def default(self, o):
        if isinstance(o, Decimal): return str(o)
        if isinstance(o, datetime): return o.isoformat()
        return super().default(o)


@workflow
async def main():
    return json.dumps({"a": Decimal("1.5"), "b": datetime(2026,1,1)}, cls=Enc), Enc(indent=2, sort_keys=True).encode({"b": 1, "a": Decimal(3)})
