"""
Which code judges a log.

By the log's own word: the module that its workflow is recorded with, as `--map` renames it
(`wfx.binding.Names`). Or by TARGET: then the recorded module is what TARGET's module was called
then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from wfx.binding import STAR, Names
from wfx.client.programs import Programs
from wfx.corpus.judgment import Place
from wfx.errors import LoadError
from wfx.replay import renamed

if TYPE_CHECKING:
    from wfx.program import Program
    from wfx.recording import Recording


@dataclass(frozen=True, slots=True)
class Judge:
    """The code that judges a log."""

    program: Program
    workflow: str
    """What the log's workflow is called in it."""
    renames: Mapping[str, str] = field(default_factory=dict)
    """Recorded names to today's."""


class Code:
    """
    Today's code; each module is loaded once.

    Args:
        app_dir: Where module names begin.
        target: Judges everything, if given.
        maps: Recorded modules, names or patterns of them to today's; a path of a .py file
            will do.
    """

    def __init__(
        self, app_dir: Path, *, target: str | None = None, maps: Mapping[str, str] | None = None
    ) -> None:
        self.app_dir = app_dir
        self.target = target
        self.maps = dict(maps or {})
        self._programs = Programs(app_dir)
        self._targets: dict[str, tuple[Program, str] | LoadError] = {}
        self._renames: Names | None = None

    def judge_of(self, recording: Recording) -> Judge:
        """
        The code that judges this log.

        Raises:
            LoadError: It cannot be loaded; the message says why and what to do.
        """
        renames = self.renames
        recorded = recording.workflow_name
        if self.target is not None:
            program, name = self.load(self.target)
            known = recorded if recorded in renames else recording.bound_name
            return Judge(program, name, _mapped(known, name, renames))
        wanted = renames.get(recorded) or renamed(recording.bound_name, renames)
        if recording.migrated and ":" not in wanted:
            raise LoadError(
                f"its workflow {recorded!r} is bound to no Python workflow; say what it is called "
                f"today, and its steps: --map {recorded}=module:function"
            )
        try:
            program, name = self.load(wanted)
        except LoadError as error:
            if getattr(error, "code", "") in ("module-missing", "workflow-missing", "bad-target"):
                hint = f"Its log says {recorded!r}: name today's code with --workflow or --map."
                raise LoadError(f"{error} {hint}") from error
            raise
        return Judge(program, name, renames)

    def load(self, target: str) -> tuple[Program, str]:
        """
        The program of a target, and the workflow's name in it.

        Raises:
            LoadError: It cannot be loaded.
        """
        found = self._targets.get(target)
        if found is None:
            try:
                found = self._programs.of_workflow(target)
            except LoadError as error:
                found = error
            self._targets[target] = found
        if isinstance(found, LoadError):
            raise found
        return found

    @property
    def renames(self) -> Names:
        """
        Recorded names and patterns to today's names, with files as the modules that they are.

        Raises:
            LoadError: A file that `--map` names cannot be loaded.
        """
        if self._renames is None:
            self._renames = Names({old: self._name_of(new) for old, new in self.maps.items()})
        return self._renames

    def _name_of(self, new: str) -> str:
        where, colon, function = new.partition(":")
        if not (where.endswith(".py") or "/" in where):
            return new
        if colon and STAR not in function:
            return self.load(new)[1]
        return str(cast("Any", self._programs.of_module(where)).parts.main) + colon + function

    def place(self, shown: str | None, judge: Judge) -> Place | None:
        """
        A place as workflow code tells it (`orders.py:31`), as the working directory sees it.

        Without one it is where the workflow begins.
        """
        func = judge.program.workflows[judge.workflow].func
        code = getattr(func, "__code__", None)
        home = None if code is None else Path(code.co_filename)
        if shown:
            name, _, line = shown.rpartition(":")
            near = [self.app_dir, *(() if home is None else home.parents)]
            file = next((each / name for each in near if (each / name).is_file()), Path(name))
            return Place(from_here(file), int(line) if line.isdecimal() else 1)
        if home is None or code is None:
            return None
        return Place(from_here(home), code.co_firstlineno)


def from_here(path: Path) -> str:
    """A path from the working directory, where CI runs commands; else as it is."""
    here = Path.cwd()
    resolved = path.resolve()
    return resolved.relative_to(here).as_posix() if resolved.is_relative_to(here) else str(path)


def _mapped(recorded: str, wanted: str, renames: Mapping[str, str]) -> Names:
    """TARGET also says what the recorded module is called today."""
    mapped = dict(renames)
    if renamed(recorded, renames) != wanted:
        old, colon, _ = recorded.partition(":")
        new, colon_too, _ = wanted.partition(":")
        if colon and colon_too:
            mapped.setdefault(old, new)
        mapped.setdefault(recorded, wanted)
    return Names(mapped)
