"""`[tool.wfx]`: read from the nearest pyproject.toml, checked, and obeyed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

import wfx_sandbox
from wfx.errors import Violation
from wfx.queues import QueueLimits, Rate
from wfx_sandbox.effects import CAPABILITIES, capability_of
from wfx_sandbox.modules import randomness, table
from wfx_sandbox.settings import Limits, Settings, SettingsError, read_settings


def write(lab: Any, text: str) -> None:
    """Make the project's pyproject.toml."""
    (lab.app_dir / "pyproject.toml").write_text(text, encoding="utf-8")


def test_without_a_file_the_defaults_hold(lab: Any) -> None:
    """Nothing is passed through, everything is recorded, 50 million turns, 10 seconds."""
    write(lab, "[project]\nname = 'x'\n")
    found = read_settings(lab.app_dir)
    assert (found.passthrough, found.effects) == ((), {})
    assert found.secret_env == ("*KEY*", "*TOKEN*", "*SECRET*", "*PASSWORD*")
    assert found.limits == Limits(50_000_000, 10.0, None)
    assert found.digest == ""


def test_the_nearest_file_upwards_counts(lab: Any) -> None:
    """An app directory in a project has the project's settings."""
    write(lab, "[tool.wfx.limits]\nloop_turns = 7\n")
    inner = lab.app_dir / "src" / "app"
    inner.mkdir(parents=True)
    assert read_settings(inner).limits.loop_turns == 7
    (inner / "pyproject.toml").write_text("", encoding="utf-8")
    assert read_settings(inner).limits.loop_turns == 50_000_000


WRONG = {
    "no TOML": ("[tool.wfx", "is not TOML"),
    "unknown key": (
        "[tool.wfx]\npasstrough = []",
        (
            "there is no setting tool.wfx.passtrough. Did you mean passthrough? "
            "Known are effects, limits, passthrough, queues, redact, secret_env."
        ),
    ),
    "not a table": ("[tool]\nwfx = 3", "tool.wfx is 3, but must be a table."),
    "not a list": (
        "[tool.wfx]\npassthrough = 'attrs'",
        "tool.wfx.passthrough is 'attrs', but must be a list of strings such as [\"attrs\"].",
    ),
    "no module name": (
        "[tool.wfx]\npassthrough = ['a-b']",
        "must be a list of module names, which 'a-b' is not.",
    ),
    "an intercepted module": (
        "[tool.wfx]\npassthrough = ['os']",
        "tool.wfx.passthrough lists 'os', which would undo the sandbox",
    ),
    "a module that is there already": (
        "[tool.wfx]\npassthrough = ['json']",
        "lists 'json', which workflow code can use already. Remove it.",
    ),
    "unknown capability": (
        "[tool.wfx.effects]\nclok = 'forbid'",
        "there is no setting tool.wfx.effects.clok. Did you mean clock?",
    ),
    "unknown mode": (
        "[tool.wfx.effects]\nrandom = 'derived'",
        (
            'tool.wfx.effects.random is \'derived\', but must be one of "record", "derive", '
            '"forbid"; did you mean "derive"?.'
        ),
    ),
    "a mode it cannot have": (
        "[tool.wfx.effects]\nclock = 'derive'",
        'must be one of "record", "forbid" (there is nothing in the log',
    ),
    "unknown limit": ("[tool.wfx.limits]\nturns = 3", "there is no setting tool.wfx.limits.turns."),
    "turns": (
        "[tool.wfx.limits]\nloop_turns = 0",
        "tool.wfx.limits.loop_turns is 0, but must be a whole number of at least 1.",
    ),
    "turns as text": ("[tool.wfx.limits]\nloop_turns = '5'", "loop_turns is '5'"),
    "a bool": ("[tool.wfx.limits]\nloop_turns = true", "loop_turns is True"),
    "seconds": ("[tool.wfx.limits]\nactivation_seconds = -1", "a number of seconds above 0."),
    "endless seconds": ("[tool.wfx.limits]\nactivation_seconds = inf", "seconds above 0."),
    "memory": ("[tool.wfx.limits]\nmemory_mb = 3", "a whole number of at least 64."),
    "a limit of a queue": (
        "[tool.wfx.queues.gpu]\nconcurency = 2",
        "there is no setting tool.wfx.queues.gpu.concurency. Did you mean concurrency?",
    ),
    "too few": (
        "[tool.wfx.queues.gpu]\nconcurrency = -1",
        "tool.wfx.queues.gpu.concurrency is -1, but must be a whole number of at least 0.",
    ),
    "a rate": (
        "[tool.wfx.queues.gpu]\nrate = 100",
        'tool.wfx.queues.gpu.rate is 100, but must be a rate such as "100/minute".',
    ),
    "queues": ("[tool.wfx]\nqueues = 3", "tool.wfx.queues is 3, but must be a table of tables"),
    "secrets": ("[tool.wfx]\nsecret_env = ['']", "a list without empty strings."),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_setting_is_named(lab: Any, text: str, message: str) -> None:
    """With the file, the key, the value, and what is allowed."""
    write(lab, text)
    lab.write(flow="from wfx import workflow\n@workflow\nasync def main(): return 1\n")
    with pytest.raises(SettingsError) as caught:
        lab.load()
    assert message in str(caught.value)
    assert str(lab.app_dir / "pyproject.toml") in str(caught.value)


def test_limits_of_queues_are_read(lab: Any) -> None:
    """They are no part of the program's digest."""
    lab.write(flow="from wfx import workflow\n@workflow\nasync def main(): return 1\n")
    plain = lab.load()
    write(lab, "[tool.wfx.queues.gpu]\nconcurrency = 4\nrate_per_key = '2/second'\n")
    limited = lab.load()

    wanted = QueueLimits(concurrency=4, rate_per_key=Rate(2, timedelta(seconds=1)))
    assert limited.program.queue_limits == {"gpu": wanted}
    assert limited.program.digest == plain.program.digest


def test_a_module_that_is_passed_through_can_be_used(lab: Any) -> None:
    """Its public names; modules among them only if they are listed."""
    write(lab, "[tool.wfx]\npassthrough = ['attr', 'attrs']\n")
    source = """
        import attr
        import attrs
        from wfx import workflow

        @attrs.define
        class Point:
            x: int
            y: int = 2

            def total(self) -> int:
                return self.x + self.y

        @workflow
        async def main():
            p = attrs.evolve(Point(1), x=5)
            return [p.total(), repr(p), p == Point(5), attr.asdict(p)]
    """
    assert lab.run(source) == [7, "Point(x=5, y=2)", True, {"x": 5, "y": 2}]


def test_a_submodule_that_is_not_listed_is_refused(lab: Any) -> None:
    """`attr.validators` is a module like any other."""
    write(lab, "[tool.wfx]\npassthrough = ['attr']\n")
    source = """
        import attr
        from wfx import workflow
        @workflow
        async def main():
            return attr.validators.ge(1)
    """
    assert [each.split()[1] for each in lab.findings(source)] == ["WFX201"]
    write(lab, "[tool.wfx]\npassthrough = ['attr', 'attr.validators']\n")
    assert lab.findings(source) == []


def test_a_module_that_is_not_installed_is_named(lab: Any) -> None:
    """When it is imported by workflow code."""
    write(lab, "[tool.wfx]\npassthrough = ['nosuchthing']\n")
    lab.write(
        flow="import nosuchthing\nfrom wfx import workflow\n"
        "@workflow\nasync def main(): return nosuchthing.x\n"
    )
    with pytest.raises(SettingsError) as caught:
        wfx_sandbox.check("flow", app_dir=lab.app_dir)
    assert "tool.wfx.passthrough lists 'nosuchthing', which cannot be imported" in str(caught.value)


USES = {
    "clock": ("import time", "time.time()"),
    "random": ("import random", "random.random()"),
    "uuid": ("import uuid", "uuid.uuid4()"),
    "environment": ("import os", "os.environ.get('HOME')"),
    "host": ("import os", "os.getpid()"),
    "platform": ("import platform", "platform.system()"),
}


def test_every_capability_is_tried() -> None:
    """The table and this test name the same."""
    assert USES.keys() == CAPABILITIES.keys()


@pytest.mark.parametrize("name", USES)
def test_a_forbidden_capability_is_a_finding_and_a_violation(lab: Any, name: str) -> None:
    """Seen by `check` with its line, and by the run where it is reached another way."""
    head, use = USES[name]
    source = f"{head}\nfrom wfx import workflow\n@workflow\nasync def main():\n    {use}\n"
    assert lab.findings(source) == []
    write(lab, f"[tool.wfx.effects]\n{name} = 'forbid'\n")
    found = lab.findings(source)
    assert [each.split(" this ")[0] for each in found] == ["5 WFX209"]
    assert f"this project forbids `{name}`" in found[0]
    function, _, arguments = use.partition("(")
    owner, _, last = function.rpartition(".")
    lab.write(flow=source.replace(use, f"getattr({owner}, {last!r})({arguments}"))
    settings = Settings(effects={name: "forbid"})
    with pytest.raises((Violation, wfx_sandbox.ProgramRefused)) as caught:
        lab.call(wfx_sandbox.load_target("flow", app_dir=lab.app_dir, settings=settings))
    assert "WFX209" in str(caught.value)


def test_what_is_derived_is_not_recorded_and_the_same_again(lab: Any, fake_run: Any) -> None:
    """Draws and ids that follow from the run's id."""
    write(lab, "[tool.wfx.effects]\nrandom = 'derive'\nuuid = 'derive'\n")
    lab.write(
        flow="""
        import random
        from uuid import uuid4
        from wfx import workflow
        @workflow
        async def main():
            return [random.random(), str(uuid4()), str(uuid4())]
        """
    )
    loaded = lab.load()
    one, two = fake_run(seed=b"1" * 16), fake_run(seed=b"2" * 16)
    first, second = lab.call(loaded, run=one), lab.call(loaded, run=two)
    assert first == second
    assert one._uuids == 0
    assert first[1] != first[2]
    two.run_id = "wrun_other"
    two.state.clear()
    assert lab.call(loaded, run=two) != first


def test_settings_that_change_behaviour_change_the_digest(lab: Any) -> None:
    """So that a run that was parked for a limit is tried again when the limit is raised."""
    lab.write(flow="from wfx import workflow\n@workflow\nasync def main(): return 1\n")

    def digest(**given: Any) -> str:
        settings = Settings(**given)
        loaded = wfx_sandbox.load_target("flow", app_dir=lab.app_dir, settings=settings)
        return str(loaded.program.digest)

    plain = digest()
    assert digest(limits=Limits(activation_seconds=3, memory_mb=100)) == plain
    assert digest(effects={"clock": "record"}) == plain
    others = {
        digest(limits=Limits(loop_turns=5)),
        digest(effects={"clock": "forbid"}),
        digest(passthrough=("attr",)),
        digest(secret_env=("X*",)),
    }
    assert len(others | {plain}) == 5


def test_the_table_names_what_the_intercepts_have() -> None:
    """A name that draws on a capability belongs to it."""
    assert capability_of("random.choice") == "random"
    assert capability_of("secrets.token_hex") == "random"
    assert capability_of("datetime.datetime.now") == "clock"
    assert capability_of("json.dumps") is None
    assert set(randomness.SECRETS)
    assert table.is_facade("random")
