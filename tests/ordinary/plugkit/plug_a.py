from .reg import reg
@reg("a")
def a(x): return x + 1
