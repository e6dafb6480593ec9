from wfx import step, workflow
TOOLS = {}
ORDER = []
def tool(name):
    def add(f):
        TOOLS[name] = f
        return f
    return add
def noted(f):
    ORDER.append(f.__name__)
    return f
@noted
@tool("search")
@step
async def search(q: str) -> str: return q
@tool("fetch")
@step(max_retries=2)
async def fetch(q: str) -> str: return q


@workflow
async def main():
    return sorted(TOOLS), ORDER, [TOOLS[k].__name__ for k in TOOLS], TOOLS["search"] is search
