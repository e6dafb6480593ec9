"""
The names of all statements, with their parameters, made by `wfx_world_sql.statements` from the tables.

Do not edit: change the tables or the statements, then run
`python -m wfx_world_sql.statements`.
"""

# ruff: noqa: E501
# fmt: off

from __future__ import annotations

from dataclasses import dataclass

from wfx_world_sql.listing import Listing


@dataclass(frozen=True, slots=True)
class Sql:
    """The statements for one database."""

    # now
    now: str
    # now, run_id
    run_lock: str
    # name
    name_lock: str
    # run_ids
    runs_lock: str
    # task_ids
    tasks_lock: str
    # task_ids, run_ids
    close_lock: str
    # run_id, ids
    steps_load: str
    # run_id, ids
    hooks_load: str
    # run_id, ids
    waits_load: str
    # run_ids, ids
    steps_of_runs: str
    # ids
    hooks_of_runs: str
    # run_ids, ids
    waits_of_runs: str
    # run_ids
    created_data_of_runs: str
    # stripes
    tokens_lock: str
    # tokens
    tokens_load: str
    # run_id, first, last, event_ids
    events_stored: str
    # event_ids
    events_known: str
    # run_id, workflow_name, deployment_id, status, execution_context, output, error, error_code, cancel_reason, created_at, started_at, completed_at, updated_at, next_position, last_command, last_delivered
    run_insert: str
    # status, output, error, error_code, cancel_reason, started_at, completed_at, updated_at, next_position, last_command, last_delivered, key_run_id
    run_move: str
    # next_position, last_command, last_delivered, key_run_id
    run_extend: str
    # run_id, position, event_id, event_type, correlation_id, created_at, data, legacy
    event_insert: str
    # run_id, step_id, step_name, status, attempt, failures, input, kwargs, output, error, queue, retry_after, call, created_at, first_started_at, completed_at, updated_at, first_position, last_position
    step_insert: str
    # status, attempt, failures, output, error, retry_after, first_started_at, completed_at, updated_at, last_position, key_run_id, key_step_id
    step_move: str
    # hook_id, run_id, token, token_whole, status, schema, metadata, received, created_at, disposed_at, first_position, last_position
    hook_insert: str
    # status, received, disposed_at, last_position, key_hook_id
    hook_move: str
    # run_id, wait_id, status, delay, resume_at, created_at, completed_at, first_position, last_position
    wait_insert: str
    # status, completed_at, last_position, key_run_id, key_wait_id
    wait_move: str
    # task_id, kind, run_id, name, queue, claimable_at, owner, fence, deaths, abandoned, parked, parked_detail, parked_digests, priority, queue_key
    task_insert: str
    # claimable_at, owner, fence, deaths, abandoned, parked, parked_detail, parked_digests, key_task_id
    task_move: str
    # execution_context, key_run_id
    run_bind: str
    # name, key_task_id
    task_bind: str
    # name, key_run_id, of_run_id, step_name
    steps_bind: str
    # task_id
    task_delete: str
    # at, task_id, later_than
    run_wake: str
    # at, key_run_id
    close_hooks: str
    # at, key_run_id
    close_waits: str
    # run_id
    close_tasks: str
    # run_id
    abandon_tasks: str
    # no parameters
    notify: str
    claim_urgent: Listing
    claim_ready: Listing
    claim_patient: Listing
    claim_parked: Listing
    # task_ids, fences, owner, lease, now
    extend: str
    # task_ids
    tasks_get: str
    # task_id
    task_get: str
    # owner
    tasks_of_owner: str
    # task_id, task_id
    tasks_held: str
    # no parameters
    holders: str
    task_list: Listing
    next_ready: Listing
    next_ranked: Listing
    due: Listing
    # run_ids, wait_ids
    due_waits: str
    # no parameters
    limits: str
    # queues
    limits_lock: str
    # queue, concurrency, rate_count, rate_period, concurrency_per_key, rate_per_key_count, rate_per_key_period
    limits_set: str
    # key_queue
    limits_drop: str
    # now, held_queues, started_queues
    queue_uses: str
    # queue, queue_key, at, count
    start_insert: str
    # key_queue, before
    start_prune: str
    # now
    overview: str
    # owner, workflows, queues, slots, since, seen_until
    worker_put: str
    # key_owner
    worker_drop: str
    # before
    worker_prune: str
    # now
    workers: str
    # run_id, first, limit
    events_up: str
    # run_id, last, limit
    events_down: str
    # run_id, first, last, correlation_id
    events_about: str
    # step_run_id, step_id, hook_run_id, hook_id, wait_run_id, wait_id
    span: str
    # run_id
    run_end: str
    # run_ids
    heads: str
    # run_id
    run_plain: str
    # run_id
    run_whole: str
    # run_id
    run_created_data: str
    runs_plain_up: Listing
    runs_plain_down: Listing
    runs_whole_up: Listing
    runs_whole_down: Listing
    # run_id, step_id
    step_plain: str
    steps_plain: Listing
    # run_id, step_id
    step_whole: str
    steps_whole: Listing
    # hook_id
    hook_get: str
    # token
    hook_of_token: str
    hooks: Listing
    # run_id, wait_id
    wait_get: str
    waits: Listing
    # name
    name_share: str
    # run_id, stream
    stream_last: str
    # run_id, stream, number, data, step_id, attempt, created_at
    chunk_insert: str
    # run_id, stream, first, limit
    chunks: str
    # run_id
    stream_list: str
    # no parameters
    event_fill: str
    # no parameters
    step_fill: str
    # no parameters
    record_fill: str
    # no parameters
    chunk_fill: str
    # run_id, past, limit
    records: str
    # run_id, of_run
    certificate: str
    # run_ids
    records_among: str
    # run_ids
    events_among: str
    # run_id
    records_delete: str
    # run_id, report
    quarantine_insert: str
    # run_id
    quarantine_delete: str
    # run_id
    quarantine_get: str
    # run_ids
    quarantine_among: str
    # after, limit
    quarantine_list: str
    # run_ids
    extent_events: str
    # run_ids
    extent_steps: str
    # run_ids
    extent_hooks: str
    # run_ids
    extent_waits: str
    # run_ids
    extent_chunks: str
    # run_ids
    extent_records: str
    # run_ids
    originals_among: str
    # run_ids
    heads_lock: str
    # run_ids
    tasks_of_runs: str
    # run_ids
    tasks_of_runs_lock: str
    # run_id
    run_delete: str
    # run_id
    hooks_delete: str
    # run_id
    tasks_delete: str
    # run_id, of_run, limit
    event_piece: str
    # run_id, of_run, limit
    step_piece: str
    # run_id, of_run, limit
    wait_piece: str
    # run_id, of_run, limit
    stream_chunk_piece: str
    # run_id, of_run, limit
    legacy_record_piece: str
    # run_id
    remains_insert: str
    # run_id
    remains_delete: str
    # no parameters
    remains_next: str
    # run_ids
    remains_among: str
    schema: tuple[str, ...]
