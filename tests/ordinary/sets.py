from wfx import workflow
from collections import Counter


@workflow
async def main():
    a = {3, 1, 2}; b = frozenset([2, 5])
    a |= {9}; a -= {3}; a &= {1, 2, 9}; a ^= {7}
    class Tags(set):
        def add(self, x): super().add(x.lower())
    t = Tags(); t.add("ABC"); t.update({"Q"})
    return [sorted(a), sorted(a | b), a >= {1}, b < {2, 5, 6}, a.isdisjoint({4}), sorted({x % 3 for x in range(10)}), len(set("hello")), sorted(t, key=str.lower), isinstance(t, set), type(a) is set, type(b) is frozenset, set() == {*()}, hash(frozenset([1])) == hash(frozenset([1])), {frozenset([1]): 2}[frozenset([1])], sorted(set([1,2]).union([3], [4])), sorted({1,2}.symmetric_difference([2,3])), sum({1,2,3}), max({1,5}), 2 in a, sorted(map(str, {1,2})), bool(set()), [*sorted({*a, *b})], repr({1}), repr(set()), repr(frozenset({2})), sorted({"a":1}.keys() | {"b"}), {"a":1,"b":2}.keys() & {"a"} == {"a"}, {"a":1}.items() <= {"a":1,"b":2}.items(), sorted(Counter("aab").keys() - {"a"}), {1,2} == frozenset([1,2]), t.copy() == t, type(t | {"z"}).__name__, isinstance(a, frozenset), sorted(x for x in a if x not in b), dict.fromkeys(sorted(a), 0)]
