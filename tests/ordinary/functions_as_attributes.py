from wfx import workflow
class A:
    conv = staticmethod(str)
    k = str
    def go(self, f, v): return f(v), self.conv(v), self.k(v), type(self).k(v)


@workflow
async def main():
    return A().go(str, 3)
