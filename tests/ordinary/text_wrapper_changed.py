from wfx import workflow
import textwrap


@workflow
async def main():
    w = textwrap.TextWrapper(width=20)
    w.width = 10
    w.initial_indent = "* "
    return w.wrap("hello world this is text")
