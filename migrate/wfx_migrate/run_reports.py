"""What is reported of one run of a migration."""

from __future__ import annotations

from collections import Counter
from itertools import islice

from wfx_migrate.plan import Write
from wfx_migrate.proof import difference_to_json
from wfx_migrate.report import LISTED_MAX, Made, RunReport, Verdict, note_to_json
from wfx_migrate.v1.model import LegacyRun, Problem


def not_written(legacy: LegacyRun, verdict: Verdict, problems: list[Problem]) -> RunReport:
    """Of a run that was not written, and why."""
    fields = legacy.run.fields if legacy.run else {}
    name, status = fields.get("workflowName"), fields.get("status")
    return RunReport(
        run_id=legacy.run_id,
        workflow_name=name if isinstance(name, str) else None,
        verdict=verdict,
        reasons=[str(problem) for problem in problems],
        legacy_status=status if isinstance(status, str) else None,
        records=legacy.count,
    )


def written(planned: Write, verdict: Verdict, *, mended: bool) -> RunReport:
    """Of a run that is written, or would be."""
    legacy, made = planned.legacy, planned.made
    parked = planned.parked["message"] if planned.parked else None
    said = Made.of(made.events)
    notes = [note_to_json(note) for note in islice(made.notes, LISTED_MAX)]
    compared = planned.comparison
    counts = (said.synthesised_total, len(made.notes), said.unknown_total)
    omitted = sum(max(0, count - LISTED_MAX) for count in counts)
    omitted += compared.explained - len(compared.differences)
    return RunReport(
        run_id=legacy.run_id,
        workflow_name=planned.run.workflow_name,
        verdict=verdict,
        mended=mended,
        legacy_status=legacy.run.text("status") if legacy.run else None,
        status=str(planned.run.status),
        parked=str(parked) if parked else None,
        records=len(legacy.records),
        fates=planned.fates,
        events=len(made.events),
        synthesised=said.synthesised,
        synthesised_total=said.synthesised_total,
        unknown=said.unknown,
        notes=notes,
        notes_total=dict(Counter(str(note.kind) for note in made.notes)),
        ties=made.ties,
        inversions=made.inversions,
        fields_compared=compared.fields,
        fields_equal=compared.equal,
        differences=[difference_to_json(found) for found in compared.differences],
        omitted=omitted,
        certificate=planned.certificate,
    )
