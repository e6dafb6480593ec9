from ..util import helper as h, _private
registry = {}
def register(n):
    def d(f):
        registry[n] = f
        return f
    return d
def base(n): return h(n) + _private
@register("deep")
def deep_handler(x): return x + 2
