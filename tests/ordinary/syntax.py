from wfx import workflow

@workflow
async def main():
    data = [1, 5, 10]
    if any((hit := x) > 4 for x in data): pass
    while (n := len(data)) > 2: data.pop()
    a, (b, *c), d = 1, (2, 3, 4), 5
    x = y = z = []
    x.append(1)
    m = [[0] * 2 for _ in range(2)]; m[0][1] = 7
    i = 0
    i += 1; i -= 3; i *= -2; i **= 2; i //= 3; i <<= 2; i |= 1; i ^= 5; i &= 0xff; i %= 7
    s = "abc"; s += "d"; s *= 2
    l = [3,1,2]; l[1:2] = [9, 9]; del l[0]; l.sort(key=lambda q: -q)
    dct = {"a": 1} | {"b": 2}; dct |= {"c": 3}
    t = (*range(3), *"ab"); 
    f = lambda *a, k=1, **kw: (a, k, kw)
    def kwonly(a, /, b, *, c=3, **rest): return a, b, c, rest
    nested = f"{'x' if i else 'y'!r:>{5 + 1}}|{data!r}|{i=}|{1 + 1:05.2f}|{{}}|{'nested ' + f'{s[:2]}'}"
    tern = "yes" if data else "no"
    chain = 1 < 2 < 3 != 4
    print("hello", 1, sep="-", end="!\n")
    try:
        pass
    except Exception: pass
    else: tern += "!"
    finally: tern += "?"
    for q in range(3):
        if q == 5: break
    else: tern += "else"
    del dct["a"]
    return hit, n, a, b, c, d, x is y, m, i, s, l, dct, t, f(1, k=2, z=3), kwonly(1, 2, c=4, d=5), nested, tern, chain, 0x1F, 1_000, 1e3, b"\x00\xff", r"\n", "a" "b", None is None, not [], 5 if 0 else 6, [1,2,3][::-1], "x".join(["a"]), 3 .real, (1).__class__.__name__, 1 in {1: 2}, "b" not in "abc", 2 @ 3 if False else 1
