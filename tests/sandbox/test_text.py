"""No address shows in text that workflow code makes."""

from __future__ import annotations

from typing import Any


def test_text_of_functions_and_host_objects_has_numbers_instead_of_addresses(
    lab: Any, fake_run: Any
) -> None:
    """repr, str, f-strings with and without !r, containers, print; plain text is untouched."""
    run = fake_run()
    result = lab.body(
        "def f(): pass",
        "g = (x for x in [])",
        "print(f)",
        "result = [repr(f), str(f), f'{f}|{f!r}|{[g]!s}', repr([f, g]), f'{1.5:>5}{\"a\"!r:4}']",
        run=run,
    )
    f = "<function main.<locals>.f #1>"
    g = "<generator object main.<locals>.<genexpr> #2>"
    assert result == [f, f, f"{f}|{f}|[{g}]", f"[{f}, {g}]", "  1.5'a' "]
    assert run.shown == [("stdout", f + "\n")]


def test_settings_of_pydantics_own_classes_cannot_be_changed(lab: Any) -> None:
    """What all runs share is handed out as a copy."""
    from pydantic import BaseModel

    before = dict(BaseModel.model_config)
    lab.body(
        "from pydantic import BaseModel",
        "BaseModel.model_config['extra'] = 'allow'",
        "class M(BaseModel):",
        "    x: int = 1",
        "result = [M.model_config, list(M.model_fields)]",
    )
    assert BaseModel.model_config == before


def test_text_is_formatted_in_place(lab: Any) -> None:
    """`text %= values` works, and shows no addresses."""
    lines = "result = 'a %s %d'", "result %= (print, 1)", "more = '%s'", "more %= result"
    shown = lab.body(*lines, "result = more")
    assert shown.startswith("a ")
    assert " at 0x" not in shown


def test_str_shows_no_address_whatever_it_is_called(lab: Any) -> None:
    """As an attribute, a global, an import, what a call gives; `map` as a variable."""
    lab.write(helpers="shown = str\n")
    shown = lab.run("""
        import functools
        import itertools
        from types import SimpleNamespace
        from helpers import shown
        from wfx import workflow

        made_here = str
        mapped_here = map

        class Maker:
            make = str

        class Kept:
            def __init__(self, make):
                self.make = self._make = make

            def texts(self, value):
                return [self.make(value), self._make(value)]

        @workflow
        async def main():
            make = str
            apart = functools.partial
            return [
                Maker.make(print),
                Maker().make(print),
                *Kept(str).texts(print),
                SimpleNamespace(append=str).append(print),
                shown(print),
                made_here(print),
                *mapped_here(str, [print]),
                *map(make, [print]),
                *map(made_here, [print]),
                apart(str, print)(),
                *[key for key, _ in itertools.groupby([print], str)],
                *[key for key, _ in itertools.groupby([print], key=make)],
                (lambda make: make(print))(str),
                (lambda: str)()(print),
                *[make(print) for make in (str,)],
                str(object=print),
                make(object=print),
                getattr(Maker, "make")(print),
                sorted([print], key=make) and "",
            ]
    """)
    assert [each for each in shown if " at 0x" in each] == []
    assert len(set(shown[:-1])) == 1


def test_str_stays_the_class_it_is(lab: Any) -> None:
    """Under another name it is the same object, which types and tables are compared with."""
    found = lab.body(
        "kind = text = str",
        "table = {str: 'text'}",
        "def is_a(kind, value): return isinstance(value, kind)",
        "result = [kind is str, type('') is kind, is_a(str, 'a'), table[kind], kind(5)]",
        "result.append(text(b'a', 'ascii'))",
    )
    assert found == [True, True, True, "text", "5", "a"]


def test_the_configuration_a_validator_is_given_is_a_copy(lab: Any) -> None:
    """What one run puts into `info.config`, no other sees."""
    source = """
        from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator
        from wfx import workflow

        class M(BaseModel):
            model_config = ConfigDict(title="M")
            x: int

            @field_validator("x")
            @classmethod
            def check(cls, value: int, info: ValidationInfo) -> int:
                info.config["title"] += "!"
                return len(info.config["title"])

        @workflow
        async def main():
            return [M(x=1).x, M(x=1).x]
    """
    assert lab.run(source) == [1, 1]
