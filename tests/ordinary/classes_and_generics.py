from wfx import workflow
from typing import Generic, TypeVar, ParamSpec, Protocol, overload, Callable, Awaitable, Self, Final, ClassVar, Literal, runtime_checkable, NewType, TypeAlias, assert_never, cast, get_args
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence, Mapping, MutableMapping
import functools
T = TypeVar("T", bound="Base"); K = TypeVar("K"); V = TypeVar("V"); P = ParamSpec("P"); R = TypeVar("R")
UserId = NewType("UserId", int)
Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | None"
Mode = Literal["r", "w"]
class Base(ABC):
    kind: ClassVar[str] = "base"
    @property
    @abstractmethod
    def area(self) -> float: ...
    @classmethod
    def make(cls: type[T], *a) -> T: return cls(*a)
    def __repr__(self): return f"{type(self).__name__}({self.area})"
class LogMixin:
    def describe(self): return f"<{self.__class__.__name__}:{super().describe() if hasattr(super(), 'describe') else ''}>"
class Named:
    def describe(self): return "named"
class Sq(LogMixin, Named, Base):
    def __init__(self, s): self.__s = s; self._cache = None
    @property
    def area(self): return self.__s ** 2
    @property
    def side(self): return self.__s
    @side.setter
    def side(self, v):
        if v < 0: raise ValueError("neg")
        self.__s = v
    @side.deleter
    def side(self): self.__s = 0
class Stack(Generic[K]):
    def __init__(self) -> None: self._items: list[K] = []
    def push(self, x: K) -> Self: self._items.append(x); return self
    def __len__(self): return len(self._items)
    def __iter__(self) -> Iterator[K]: yield from reversed(self._items)
class LRU(MutableMapping[K, V]):
    def __init__(self, n): self.n = n; self.d = {}
    def __getitem__(self, k): return self.d[k]
    def __setitem__(self, k, v):
        self.d.pop(k, None); self.d[k] = v
        while len(self.d) > self.n: del self.d[next(iter(self.d))]
    def __delitem__(self, k): del self.d[k]
    def __iter__(self): return iter(self.d)
    def __len__(self): return len(self.d)
@runtime_checkable
class HasArea(Protocol):
    @property
    def area(self) -> float: ...
def retry(times: int = 3, on: tuple[type[Exception], ...] = (ValueError,)):
    def deco(f: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
        @functools.wraps(f)
        async def w(*a: P.args, **k: P.kwargs) -> R:
            last: Exception | None = None
            for n in range(times):
                try: return await f(*a, **k)
                except on as e: last = e
            raise RuntimeError(f"gave up after {times}") from last
        return w
    return deco
calls = 0
@retry(times=2)
async def flaky(x):
    global calls
    calls += 1
    if calls < 2: raise ValueError("no")
    return x
@retry(times=1)
async def bad(): raise ValueError("inner")


@workflow
async def main():
    s = Sq(3); s.side = 4
    out = [s.area, repr(s), s.describe(), isinstance(s, HasArea), isinstance(3, HasArea), Sq.make(2).area]
    try: s.side = -1
    except ValueError as e: out.append(str(e))
    del s.side; out.append(s.area)
    try: Base()
    except TypeError as e: out.append("abstract" in str(e))
    st = Stack[int]().push(1).push(2); out += [list(st), len(st), bool(Stack())]
    l = LRU(2); l["a"] = 1; l["b"] = 2; l["c"] = 3; l.update(d=4); l.setdefault("e", 5)
    out += [dict(l), l.pop("zz", None), "e" in l, list(l.items()), l == {"d": 4, "e": 5}]
    out.append(await flaky(7))
    try: await bad()
    except RuntimeError as e: out += [str(e), str(e.__cause__), type(e.__cause__).__name__]
    out += [UserId(3), get_args(Mode), flaky.__name__, Sq.__name__, Sq.kind, [c.__name__ for c in (Sq, Base)], callable(s), issubclass(Sq, Base), cast(int, "x")]
    return out
