from wfx import workflow
L = []
_ = L.append(1)
x: int = L.append(2)


@workflow
async def main():
    return L
