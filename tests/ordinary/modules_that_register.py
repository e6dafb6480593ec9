from wfx import workflow
import plugkit.plug_a
from plugkit import plug_b  # noqa
from plugkit.reg import TABLE


@workflow
async def main():
    return {k: f(1) for k, f in TABLE.items()}
