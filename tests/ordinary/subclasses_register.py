from wfx import workflow
class Plugin:
    registry: dict[str, type["Plugin"]] = {}
    kind: str = ""
    def __init_subclass__(cls, /, kind="", **kw):
        super().__init_subclass__(**kw)
        cls.kind = kind
        Plugin.registry[kind] = cls
    def run(self) -> str: raise NotImplementedError
class A(Plugin, kind="a"):
    def run(self): return "A!"
class B(Plugin, kind="b"):
    def run(self): return "B!" + type(self).__name__


@workflow
async def main():
    return {k: c().run() for k, c in Plugin.registry.items()}, sorted(Plugin.registry)
