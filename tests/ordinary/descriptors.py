from wfx import workflow
class Positive:
    def __set_name__(self, owner, name): self.private = "_" + name; self.owner = owner.__name__
    def __get__(self, obj, t=None):
        if obj is None: return self
        return getattr(obj, self.private)
    def __set__(self, obj, v):
        if v < 0: raise ValueError(self.private)
        setattr(obj, self.private, v)
class P:
    n = Positive()
    def __init__(self, n): self.n = n


@workflow
async def main():
    try: P(-1)
    except ValueError as e: return P(3).n, str(e), P.n.owner
