from wfx import workflow
class I(int):
    def __format__(self, s): return "I" + s
class J(int): pass


@workflow
async def main():
    return f"{I(5):n}", f"{J(5):n}", f"{True:n}", f"{5:>5n}", f"{5.5:.3n}", f"{1+2j:n}"
