from wfx import workflow
class A:
    def __init__(self): self.n = 7; self._s = "%s"; self.__p = 9
    def f(self, k):
        self.n %= k; self._s %= k; self.__p %= k
        return self.n, self._s, self.__p


@workflow
async def main():
    a = A(); a.n %= 5
    d = {"x": 17}; k = 5; d["x"] %= k; l = [9, 8]; l[-1] %= k
    return a.f(4), a.n, d, l
