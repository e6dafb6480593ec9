import csv, io, urllib.parse, functools, itertools
from typing import Annotated, Any
from pydantic import BaseModel, AfterValidator, BeforeValidator, PlainSerializer
from wfx import workflow
class M(BaseModel):
    a: Annotated[str, BeforeValidator(str)]
    b: Annotated[Any, AfterValidator(str)]
    c: Annotated[Any, PlainSerializer(str)]
def row(*values):
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC).writerow(values)
    return buffer.getvalue()
@functools.lru_cache
def doubled(n): return 2 * n
@functools.lru_cache(maxsize=1, typed=True)
def tripled(n): return 3 * n


@workflow
async def main():
    made = map(str, [1])
    show = functools.partial(str)
    form = functools.partial("{}-{}".format, 1)
    return [
        M(a=1, b=2, c=3).model_dump(), isinstance(made, map), type(made) is map, next(made),
        show(5), show(b"ab", "ascii"), form(2), form.args, isinstance(form, functools.partial),
        list(map(lambda a, b: a + b, [1, 2], [3, 4])), list(itertools.starmap(pow, [(2, 3)])),
        [(k, list(g)) for k, g in itertools.groupby("aab")],
        [(k, list(g)) for k, g in itertools.groupby([1, 1, 2], key=str)],
        row("a", 1, 2.5, None, True), urllib.parse.urlencode({"a": "b c", "d": [1, 2]}, True),
        urllib.parse.urlencode([("a", 1), ("b", b"x")], quote_via=urllib.parse.quote),
        doubled(2), doubled(2), doubled.cache_info().hits, tripled(3), tripled.cache_info().misses,
        tripled.__name__, repr(functools.partial(int, base=2)), str(*[b"ab", "ascii"]), dict(**{"key": 1}),
    ]
