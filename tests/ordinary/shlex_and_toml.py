from wfx import workflow
import shlex, tomllib


@workflow
async def main():
    return shlex.split("a 'b c' d"), shlex.quote("a b"), tomllib.loads("x = 1\n[a]\nb = 'c'")
