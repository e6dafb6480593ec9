"""What the host has set for its process does not reach workflow code."""

from __future__ import annotations

import calendar
import decimal
import locale
import sys
from typing import Any

import pytest


def test_the_first_day_of_the_hosts_weeks_is_its_own(lab: Any) -> None:
    """`calendar.setfirstweekday` of a step or library changes no month of a run."""
    calendar.setfirstweekday(calendar.SUNDAY)
    try:
        found = lab.body("import calendar", "result = calendar.monthcalendar(2026, 2)[0]")
    finally:
        calendar.setfirstweekday(calendar.MONDAY)
    assert found == [0, 0, 0, 0, 0, 0, 1]


def test_a_run_begins_with_the_standard_decimal_context(
    lab: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the host's context nor its default one decides how a run rounds."""
    monkeypatch.setattr(decimal.DefaultContext, "prec", 11)
    with decimal.localcontext(prec=3):
        found = lab.body(
            "from decimal import Context, Decimal",
            "result = [str(Decimal(1) / 3), str(Context().divide(1, 3))]",
        )
        assert str(decimal.Decimal(1) / 3) == "0.333"
    assert found == ["0.3333333333333333333333333333"] * 2


def test_what_a_module_sets_holds_for_its_workflow_and_for_nobody_else(lab: Any) -> None:
    """`getcontext().prec = 6` at module level, as many programs have it."""
    source = """
        from decimal import Decimal, getcontext
        from wfx import workflow

        getcontext().prec = 6
        THIRD = Decimal(1) / 3

        @workflow
        async def main():
            return [str(THIRD), str(Decimal(2) / 3)]
    """
    with decimal.localcontext():  # which the import on the host changes
        loaded = lab.run(source), lab.call(lab.load())
        decimal.getcontext().prec = 3
        assert lab.call(lab.load()) == loaded[0] == loaded[1] == ["0.333333", "0.666667"]
        assert decimal.getcontext().prec == 3


def test_dates_are_parsed_without_asking_the_process(
    lab: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python's parser would take the names of days and months from the locale."""
    import _strptime

    def asked() -> None:
        raise AssertionError("the locale was asked")

    monkeypatch.setattr(_strptime, "_getlang", asked)
    found = lab.body(
        "import time",
        "from datetime import datetime",
        "form = '%a %d %B %Y %I:%M %p %Z'",
        "text = 'Thu 05 March 2026 03:04 PM UTC'",
        "result = [str(datetime.strptime(text, form)), time.strptime(text, form)[:5]]",
        "result.append(str(datetime.strptime('3 5', '%U %w').date()))",
    )
    assert found == ["2026-03-05 15:04:00", (2026, 3, 5, 15, 4), "1900-01-26"]


@pytest.mark.parametrize("name", ["de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "xx_XX"])
def test_numbers_and_names_follow_no_locale(lab: Any, name: str) -> None:
    """`n` and the names of days are as in the C locale."""
    before = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, name)
    except locale.Error:
        pytest.skip(f"this machine has no locale {name}")
    try:
        found = lab.body(
            "import calendar",
            "from decimal import Decimal",
            "spec = 'n'",
            "result = [f'{1234567:n}', '{:n}'.format(0.5), format(Decimal('1.5'), 'n'),",
            "    f'{10**6:{spec}}', calendar.day_name[0], calendar.month_abbr[3]]",
        )
    finally:
        locale.setlocale(locale.LC_ALL, before)
    assert found == ["1234567", "0.5", "1.5", "1000000", "Monday", "Mar"]


@pytest.mark.parametrize("digits", [0, 700, 20_000])
def test_how_long_a_number_may_be_as_text_is_always_the_same(lab: Any, digits: int) -> None:
    """The process's limit holds for steps; workflow code has Python's own."""
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(digits)
    try:
        found = lab.body(
            "import json",
            "result = []",
            "for make in (lambda: str(10**4299), lambda: f'{10**4300}', lambda: int('1' * 4301),",
            "             lambda: json.loads('1' * 4301), lambda: json.dumps(10**4300)):",
            "    try:",
            "        result.append(len(make()))",
            "    except ValueError as error:",
            "        result.append(str(error)[:25])",
        )
        assert sys.get_int_max_str_digits() == digits
    finally:
        sys.set_int_max_str_digits(before)
    assert found == [4300, *["Exceeds the limit (4300 d"] * 4]


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="it asks the class only")
def test_a_protocol_asks_for_its_names_in_their_order(lab: Any) -> None:
    """Python keeps them in a set, whose order is that of hashes."""
    found = lab.body(
        "from typing import Protocol, runtime_checkable",
        "@runtime_checkable",
        "class Shaped(Protocol):",
        "    delta: int",
        "    beta: int",
        "    alpha: int",
        "    gamma: int",
        "    epsilon: int",
        "class Asked:",
        "    def __init__(self):",
        "        self.names = []",
        "    def __getattr__(self, name):",
        "        self.names.append(name)",
        "        return 1",
        "asked = Asked()",
        "result = [isinstance(asked, Shaped), isinstance(3, Shaped), asked.names]",
    )
    assert found == [True, False, ["alpha", "beta", "delta", "epsilon", "gamma"]]
