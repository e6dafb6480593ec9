from wfx import workflow
from functools import singledispatch, singledispatchmethod
@singledispatch
def show(x): return "obj"
@show.register
def _(x: int): return "int"
@show.register
def _(x: list): return "list"
@show.register(str)
def _(x): return "str"
@show.register(float)
def show_float(x): return "float"
class F:
    @singledispatchmethod
    def go(self, x): return "o"
    @go.register
    def _(self, x: int): return "i"
    @go.register(str)
    def _(self, x): return "s"


@workflow
async def main():
    return [show(1), show([]), show("a"), show(1.5), show(None), F().go(1), F().go("x"), F().go(None)]
