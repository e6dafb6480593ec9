from wfx import workflow
ALL = []
def model(cls):
    ALL.append(cls.__name__); return cls
@model
class A: pass
@model
class B: pass


@workflow
async def main():
    return ALL
