from wfx import workflow
TABLE = {}
def add(n): TABLE[n] = n * 2
for i in range(3): add(i)
with_ok = [add(i) for i in range(5, 7)]
if True: add(100)
try: add(200)
except Exception: pass
add(300)


@workflow
async def main():
    return TABLE
