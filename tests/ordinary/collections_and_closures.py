from wfx import workflow
from collections import defaultdict, Counter, deque, ChainMap, OrderedDict, namedtuple, UserDict
import itertools, functools, operator, heapq, bisect
def counter():
    n = 0
    def inc(by=1):
        nonlocal n
        n += by
        return n
    return inc
def memo(f):
    cache = {}
    @functools.wraps(f)
    def w(*a):
        if a not in cache: cache[a] = f(*a)
        return cache[a]
    w.cache = cache
    return w
@memo
def fib(n): return n if n < 2 else fib(n-1) + fib(n-2)
@functools.lru_cache(maxsize=None)
def fact(n): return 1 if n < 2 else n * fact(n-1)
P = namedtuple("P", "x y", defaults=[0])
class D(UserDict):
    def __setitem__(self, k, v): super().__setitem__(k.lower(), v)


@workflow
async def main():
    c = counter(); c(); c(5)
    dd = defaultdict(lambda: defaultdict(list)); dd["a"]["b"].append(1)
    cn = Counter("mississippi"); dq = deque(maxlen=2); dq.extend([1,2,3]); dq.rotate(1)
    od = OrderedDict(a=1, b=2); od.move_to_end("a")
    h = []; [heapq.heappush(h, x) for x in (3,1,2)]
    d = D(); d["ABC"] = 1
    if (m := max(cn.values())) > 3: big = m
    fns = [lambda x, i=i: x + i for i in range(3)]
    return [c(), dict(dd), cn.most_common(2), list(dq), list(od), [heapq.heappop(h) for _ in range(3)], dict(d), fib(20), len(fib.cache), fact(10), fact.cache_info().hits, P(1), P(1)._replace(y=5), big, [f(1) for f in fns], list(itertools.groupby([1,1,2], key=lambda x: x % 2))[0][0], list(itertools.pairwise("abc")), list(itertools.accumulate([1,2,3], operator.mul)), functools.reduce(operator.add, [1,2,3]), list(zip("ab", [1,2], strict=True)), dict(ChainMap({"a":1},{"a":2,"b":3})), bisect.bisect([1,3,5], 3), [*range(3), *"ab"], {**{"a":1}, "b":2}, (lambda *a, **k: (a, k))(1, z=2), [[y for y in range(x)] for x in range(3)], {x: x*x for x in range(3)}, sorted("bca", key=str.lower, reverse=True), list(map(int, "123")), any(x > 2 for x in [1,3]), operator.itemgetter("a","b")({"a":1,"b":2}), list(itertools.islice(itertools.count(5, 2), 3)), list(itertools.zip_longest([1],[2,3], fillvalue=0)), cn + Counter(m=5), (cn - Counter(s=1))["s"], f"{cn!r}", repr(dd["zz"])]
