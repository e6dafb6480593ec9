from wfx import workflow
try:
    import orjson as fastjson
except ImportError:
    import json as fastjson
try:
    from functools import cache
except ImportError:
    from functools import lru_cache as cache
import sys
if sys.version_info >= (3, 11):
    from typing import Self
else:
    Self = None


@workflow
async def main():
    import math as m
    from os.path import join, basename
    from pathlib import PurePosixPath as PP
    return m.pi > 3, join("a", "b"), basename("/x/y.z"), PP("/a/b.txt").stem, str(PP("a") / "b"), fastjson.__name__ if False else "ok", PP("/a/b").parts, PP("a/b.c").with_suffix(".d").name
