from wfx import workflow
class Registry:
    def __init__(self): self.items = {}
    def register(self, f):
        self.items[f.__name__] = f
        return f
registry = Registry()
@registry.register
def one(x: int) -> int: return x + 1
@registry.register
def two(x: "Unknown") -> int: return x + 2


@workflow
async def main():
    return {k: f(1) for k, f in registry.items.items()}
