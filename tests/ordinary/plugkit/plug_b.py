from plugkit import reg as r
@r.reg("b")
def b(x): return x + 2
