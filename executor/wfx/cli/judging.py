"""`wfx replay`: from what was typed to judgments, to what is printed and the exit code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from wfx.cli import output
from wfx.cli.errors import Exit
from wfx.cli.quiet import own_stdout
from wfx.cli.verdicts import form_of, objects, text
from wfx.cli.verdicts.covering import Gathered
from wfx.corpus.code import Code
from wfx.corpus.judging import Looks
from wfx.corpus.permuting import PAIRS_EACH, permuted
from wfx.corpus.pool import judge_all
from wfx.corpus.sources import RunSource, Source, files, runs
from wfx.corpus.twins import told_of_twins
from wfx.divergence.telling import unstyled
from wfx.replay import VerdictKind, renamed

if TYPE_CHECKING:
    from wfx.corpus.judgment import Judgment
    from wfx.values import Json


def code_of(app_dir: Path, target: str | None, maps: Mapping[str, str]) -> Code:
    """
    Today's code, as far as it was named.

    Raises:
        LoadError: What was named cannot be loaded.
    """
    code = Code(app_dir, target=target, maps=maps)
    with own_stdout():
        if target is not None:
            code.load(target)
        code.renames  # noqa: B018 (a file that is not there is an error of what was typed)
    return code


def sources_of_files(words: Sequence[str]) -> list[Source]:
    """The files that these words mean; what holds nothing is said."""
    found, empty = files(words)
    for sentence in empty:
        output.note(sentence)
    return list(found)


def sources_of_world(
    url: str | None,
    words: Sequence[str],
    code: Code,
    *,
    open_only: bool,
    since: datetime | None,
) -> list[Source]:
    """
    Runs of a world: those that are named, or all that fit.

    Raises:
        NotFound: There is no such run.
        WorldUnavailable: The world cannot be reached.
    """
    from wfx.cli.lookup import known_run
    from wfx.cli.opening import existing
    from wfx.worlds import world_url

    opened = world_url(url)
    with existing(url, read_only=True) as client:
        world = client.world
        if words:
            known = [known_run(client, word).run_id for word in words]
            return [RunSource(opened, world.url, run_id) for run_id in known]
        wanted = None if code.target is None else _called(code.load(code.target)[1], code.renames)
        found: list[Source] = list(
            runs(world, opened, open_only=open_only, wanted=wanted, since=since)
        )
        if not found:
            filtered = open_only or wanted or since
            output.note(f"{'no such runs' if filtered else 'no runs yet'} in {world.url}")
        return found


def _called(today: str, renames: Mapping[str, str]) -> Callable[[str], bool]:
    """Whether a recorded name is that of the workflow which has this name today."""
    return lambda recorded: today in (recorded, renamed(recorded, renames))


def judge(
    sources: Sequence[Source],
    code: Code,
    *,
    form: str,
    jobs: int | None,
    quiet: bool,
    coverage: bool = False,
    permute: int = 0,
) -> int:
    """Replay the logs of all sources, print the judgments, and return the exit code."""
    counts = dict.fromkeys(VerdictKind, 0)
    gathered = Gathered(code)

    def counted() -> Iterator[Judgment]:
        looks = Looks(traced=coverage, orders=permute * PAIRS_EACH)
        judged = judge_all(sources, code, jobs=jobs, looks=looks)
        if permute:
            judged = permuted(judged, sources, code, count=permute, jobs=jobs)
        for each in told_of_twins(judged, sources):
            counts[each.verdict] += 1
            if coverage:
                gathered.add(each)
            yield each

    _print(counted(), form, gathered if coverage else None, quiet=quiet)
    if not sources:
        output.note("there is nothing to judge")
    if form == "github" and sources:
        output.note(unstyled([text.summary(counts, None)]))
    return exit_code(counts)


def _print(
    judged: Iterator[Judgment], form: str, gathered: Gathered | None, *, quiet: bool
) -> None:
    """The judgments as they come; then what they gathered of today's code, if that is wanted."""

    def more() -> dict[str, Json]:
        return {} if gathered is None else {"coverage": gathered.to_json()}

    if form == "text":
        for parts in text.lines(judged, quiet=quiet):
            output.styled(parts)
        for parts in () if gathered is None else gathered.lines():
            output.styled(parts)
        return
    told = objects.lines(judged, more=more) if form == "json" else form_of(form)(judged)
    for line in told:
        output.line(line)


def exit_code(counts: Mapping[VerdictKind, int]) -> int:
    """0: all match; 1: some do not; 2: there was nothing that could be judged."""
    if counts[VerdictKind.DIVERGED]:
        return Exit.FAILED
    if not counts[VerdictKind.MATCH]:
        return Exit.USAGE
    return Exit.FAILED if counts[VerdictKind.UNJUDGED] else Exit.DONE
