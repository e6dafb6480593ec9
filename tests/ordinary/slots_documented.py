from wfx import workflow
class A:
    __slots__ = {"x": "the x", "y": "the y"}
    def __init__(self): self.x = 1; self.y = 2


@workflow
async def main():
    return A().x
