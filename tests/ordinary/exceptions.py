from wfx import workflow
import traceback
class AppError(Exception):
    code = 500
    def __init__(self, msg, *, detail=None):
        super().__init__(msg)
        self.detail = detail
    def __str__(self): return f"[{self.code}] {super().__str__()}"
class NotFound(AppError): code = 404
class Multi(ExceptionGroup): pass
def f(d):
    try: return d["x"]
    except KeyError as e: raise NotFound("no x", detail=d) from e
    finally: d["seen"] = True
def g():
    try: return 1
    finally: pass
def h(n):
    for i in range(n):
        try:
            if i == 1: continue
            if i == 3: break
        finally: yield i
    else: yield "else"


@workflow
async def main():
    out = []
    try: f({})
    except AppError as e: out += [str(e), e.detail, repr(e), e.args, type(e.__cause__).__name__, e.code, isinstance(e, NotFound)]
    try:
        try: 1 / 0
        except ZeroDivisionError: int("x")
    except ValueError as e: out += [type(e.__context__).__name__, str(e), e.__suppress_context__]
    try: raise Multi("m", [ValueError(1), Multi("n", [TypeError(2), KeyError("k")])])
    except* TypeError as eg: out.append([repr(x) for x in eg.exceptions])
    except* (ValueError, KeyError) as eg: out.append(repr(eg.subgroup(lambda e: isinstance(e, KeyError)) is not None)); out.append(len(eg.exceptions))
    e = ValueError("a"); e.add_note("note"); out.append(e.__notes__)
    try: raise e
    except ValueError as x: out.append("".join(traceback.format_exception_only(x)))
    out += [g(), list(h(2)), list(h(6))]
    try: assert 1 == 2, "math"
    except AssertionError as x: out.append(str(x))
    try: [].pop()
    except IndexError as x: out.append(str(x))
    try: {}["k"]
    except KeyError as x: out += [str(x), x.args]
    try: "a" + 1
    except TypeError as x: out.append(str(x))
    try: object().foo
    except AttributeError as x: out.append(str(x)); out.append(x.name)
    try: undefined_name
    except NameError as x: out.append(str(x)); out.append(x.name)
    try: int("12a")
    except ValueError as x: out.append(str(x))
    try: next(iter([]))
    except StopIteration as x: out.append(x.value)
    try: (lambda a: a)()
    except TypeError as x: out.append(str(x))
    try: f.nope
    except AttributeError as x: out.append(str(x))
    try: raise SystemExit(3)
    except SystemExit as x: out.append(x.code)
    return out
