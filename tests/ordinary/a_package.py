from wfx import workflow
import shopkit
import shopkit.sub.deep
from shopkit import Thing, make, u
from shopkit.sub import deep as dp
from shopkit.sub.deep import registry


@workflow
async def main():
    return make(3), make(1).double().n, u.helper(4), shopkit.VERSION, shopkit.sub.deep.base(1), dp.base(2), {k: f(1) for k, f in sorted(registry.items())}, shopkit.core.Thing is Thing
