"""
The texts of all statements for PostgreSQL, made by `wfx_world_sql.statements` from the tables.

Do not edit: change the tables or the statements, then run
`python -m wfx_world_sql.statements`.
"""

# ruff: noqa: E501
# fmt: off

from __future__ import annotations

from typing import Final

from wfx_world_sql.compiled.shape import Sql
from wfx_world_sql.listing import Listing

_OF_CLAIM_URGENT: Final = {
    "kinds": "task.kind = any(%s)",
    "queues": "task.queue = any(%s)",
    "names": "task.name = any(%s)",
    "run_id": "task.run_id = %s",
    "free": "(task.kind != 'step' OR NOT (task.queue = any(%s))) AND (task.kind != 'step' OR ((task.queue, task.queue_key) NOT IN (SELECT * FROM unnest(CAST(%s AS text[]), CAST(%s AS text[])))))",
}

_OF_CLAIM_PARKED: Final = {
    "kinds": "task.kind = any(%s)",
    "queues": "task.queue = any(%s)",
    "names": "task.name = any(%s)",
    "run_id": "task.run_id = %s",
    "digest": "strpos(task.parked_digests, %s) = 0",
}

_OF_TASK_LIST: Final = {
    "run_id": "task.run_id = %s",
    "kind": "task.kind = %s",
    "parked": "task.parked IS NOT NULL",
    "unparked": "task.parked IS NULL",
    "held": "task.owner IS NOT NULL",
    "unheld": "task.owner IS NULL",
}

_OF_NEXT_READY: Final = {
    "kinds": "task.kind = any(%s)",
    "run_id": "task.run_id = %s",
}

_OF_DUE: Final = {
    "run_id": "task.run_id = %s",
}

_OF_RUNS_PLAIN_UP: Final = {
    "status": "run.status = %s",
    "workflow_name": "run.workflow_name = %s",
    "created_after": "run.created_at > %s",
    "created_before": "run.created_at < %s",
    "parked": "(EXISTS (SELECT task.number FROM task WHERE task.task_id = run.run_id AND task.parked IS NOT NULL))",
    "parked_for": "(EXISTS (SELECT task.number FROM task WHERE task.task_id = run.run_id AND task.parked = %s))",
    "unparked": "NOT (EXISTS (SELECT task.number FROM task WHERE task.task_id = run.run_id AND task.parked IS NOT NULL))",
    "queue": "(EXISTS (SELECT task.number FROM task WHERE task.run_id = run.run_id AND task.kind = 'step' AND task.queue = %s))",
    "past_up": "(run.created_at, run.run_id) > (%s, %s)",
    "past_down": "(run.created_at, run.run_id) < (%s, %s)",
}

_OF_STEPS_PLAIN: Final = {
    "status": "step.status = %s",
}

_OF_HOOKS: Final = {
    "run_id": "hook.run_id = %s",
    "status": "hook.status = %s",
}

_OF_WAITS: Final = {
    "status": "wait.status = %s",
    "past": "(wait.resume_at, wait.first_position) > (%s, %s)",
}

POSTGRESQL: Final = Sql(
    now="SELECT coalesce(CAST(%s AS BIGINT), CAST(EXTRACT(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)) AS coalesce_1",
    run_lock="SELECT coalesce(CAST(%s AS BIGINT), CAST(EXTRACT(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)) AS coalesce_1, run.run_id, run.workflow_name, run.deployment_id, run.status, run.execution_context, run.output, run.error, run.error_code, run.cancel_reason, run.created_at, run.started_at, run.completed_at, run.updated_at, run.next_position, run.last_command, run.last_delivered FROM run WHERE run.run_id = %s FOR UPDATE",
    name_lock="SELECT pg_advisory_xact_lock(hashtextextended(%s, 9))",
    runs_lock="SELECT run.run_id, run.workflow_name, run.deployment_id, run.status, run.execution_context, run.output, run.error, run.error_code, run.cancel_reason, run.created_at, run.started_at, run.completed_at, run.updated_at, run.next_position, run.last_command, run.last_delivered FROM run WHERE run.run_id = any(%s) ORDER BY run.run_id FOR UPDATE",
    tasks_lock="SELECT task.task_id, task.kind, task.run_id, task.name, task.queue, task.claimable_at, task.owner, task.fence, task.deaths, task.abandoned, task.parked, task.parked_detail, task.parked_digests, task.priority, task.queue_key FROM task WHERE task.task_id = any(%s) ORDER BY task.task_id FOR UPDATE",
    steps_load="SELECT step.run_id, step.step_id, step.step_name, step.status, step.attempt, step.failures, step.input, step.kwargs, step.output, step.error, step.queue, step.retry_after, step.call, step.created_at, step.first_started_at, step.completed_at, step.updated_at, step.first_position, step.last_position FROM step WHERE step.run_id = %s AND step.step_id = any(%s)",
    hooks_load="SELECT hook.hook_id, hook.run_id, hook.token, hook.token_whole, hook.status, hook.schema, hook.metadata, hook.received, hook.created_at, hook.disposed_at, hook.first_position, hook.last_position FROM hook WHERE hook.run_id = %s AND hook.hook_id = any(%s)",
    waits_load="SELECT wait.run_id, wait.wait_id, wait.status, wait.delay, wait.resume_at, wait.created_at, wait.completed_at, wait.first_position, wait.last_position FROM wait WHERE wait.run_id = %s AND wait.wait_id = any(%s)",
    steps_of_runs="SELECT step.run_id, step.step_id, step.step_name, step.status, step.attempt, step.failures, step.input, step.kwargs, step.output, step.error, step.queue, step.retry_after, step.call, step.created_at, step.first_started_at, step.completed_at, step.updated_at, step.first_position, step.last_position FROM unnest(CAST(%s AS text[]), CAST(%s AS text[])) AS named (run_id, id) JOIN step ON step.run_id = named.run_id AND step.step_id = named.id",
    hooks_of_runs="SELECT hook.hook_id, hook.run_id, hook.token, hook.token_whole, hook.status, hook.schema, hook.metadata, hook.received, hook.created_at, hook.disposed_at, hook.first_position, hook.last_position FROM hook WHERE hook.hook_id = any(%s)",
    waits_of_runs="SELECT wait.run_id, wait.wait_id, wait.status, wait.delay, wait.resume_at, wait.created_at, wait.completed_at, wait.first_position, wait.last_position FROM unnest(CAST(%s AS text[]), CAST(%s AS text[])) AS named (run_id, id) JOIN wait ON wait.run_id = named.run_id AND wait.wait_id = named.id",
    created_data_of_runs="SELECT event.run_id, event.data FROM event WHERE event.run_id = any(%s) AND event.position = 0",
    tokens_lock="SELECT pg_advisory_xact_lock(7, stripe) FROM unnest(CAST(%s AS integer[])) AS stripe",
    tokens_load="SELECT hook.hook_id, hook.run_id, hook.token, hook.token_whole, hook.status, hook.schema, hook.metadata, hook.received, hook.created_at, hook.disposed_at, hook.first_position, hook.last_position FROM hook WHERE hook.token = any(%s) AND hook.status = 'active'",
    events_stored="SELECT event.run_id, event.position, event.event_id, event.event_type, event.correlation_id, event.created_at, event.data, event.legacy FROM event WHERE event.run_id = %s AND event.position >= %s AND event.position <= %s AND event.event_id = any(%s)",
    events_known="SELECT event.run_id, event.position, event.event_id, event.event_type, event.correlation_id, event.created_at, event.data, event.legacy FROM event WHERE event.event_id = any(%s) AND event.event_type IN ('run_started', 'run_completed', 'run_failed', 'run_cancelled', 'step_retrying', 'hook_received', 'hook_conflict')",
    run_insert="INSERT INTO run (run_id, workflow_name, deployment_id, status, execution_context, output, error, error_code, cancel_reason, created_at, started_at, completed_at, updated_at, next_position, last_command, last_delivered) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
    run_move="UPDATE run SET status=%s, output=%s, error=%s, error_code=%s, cancel_reason=%s, started_at=%s, completed_at=%s, updated_at=%s, next_position=%s, last_command=%s, last_delivered=%s WHERE run.run_id = %s",
    run_extend="UPDATE run SET next_position=%s, last_command=%s, last_delivered=%s WHERE run.run_id = %s",
    event_insert="INSERT INTO event (run_id, position, event_id, event_type, correlation_id, created_at, data, legacy) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
    step_insert="INSERT INTO step (run_id, step_id, step_name, status, attempt, failures, input, kwargs, output, error, queue, retry_after, call, created_at, first_started_at, completed_at, updated_at, first_position, last_position) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
    step_move="UPDATE step SET status=%s, attempt=%s, failures=%s, output=%s, error=%s, retry_after=%s, first_started_at=%s, completed_at=%s, updated_at=%s, last_position=%s WHERE step.run_id = %s AND step.step_id = %s",
    hook_insert="INSERT INTO hook (hook_id, run_id, token, token_whole, status, schema, metadata, received, created_at, disposed_at, first_position, last_position) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
    hook_move="UPDATE hook SET status=%s, received=%s, disposed_at=%s, last_position=%s WHERE hook.hook_id = %s",
    wait_insert="INSERT INTO wait (run_id, wait_id, status, delay, resume_at, created_at, completed_at, first_position, last_position) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
    wait_move="UPDATE wait SET status=%s, completed_at=%s, last_position=%s WHERE wait.run_id = %s AND wait.wait_id = %s",
    task_insert="INSERT INTO task (task_id, kind, run_id, name, queue, claimable_at, owner, fence, deaths, abandoned, parked, parked_detail, parked_digests, priority, queue_key) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
    task_move="UPDATE task SET claimable_at=%s, owner=%s, fence=%s, deaths=%s, abandoned=%s, parked=%s, parked_detail=%s, parked_digests=%s WHERE task.task_id = %s",
    run_bind="UPDATE run SET execution_context=%s WHERE run.run_id = %s",
    task_bind="UPDATE task SET name=%s WHERE task.task_id = %s",
    steps_bind="UPDATE task SET name=%s WHERE task.run_id = %s AND task.kind = 'step' AND task.task_id IN (SELECT step.step_id FROM step WHERE step.run_id = %s AND step.step_name = %s)",
    task_delete="DELETE FROM task WHERE task.task_id = %s",
    run_wake="UPDATE task SET claimable_at=%s WHERE task.task_id = %s AND task.owner IS NULL AND task.parked IS NULL AND (task.claimable_at IS NULL OR task.claimable_at > %s)",
    close_hooks="UPDATE hook SET status='disposed', disposed_at=%s WHERE hook.run_id = %s AND hook.status = 'active'",
    close_waits="UPDATE wait SET status='cancelled', completed_at=%s WHERE wait.run_id = %s AND wait.status = 'waiting'",
    close_tasks="DELETE FROM task WHERE task.run_id = %s AND NOT (task.kind = 'step' AND task.owner IS NOT NULL)",
    abandon_tasks="UPDATE task SET abandoned=TRUE WHERE task.run_id = %s",
    notify="SELECT pg_notify('wfx', '')",
    claim_urgent=Listing(
        "SELECT task.task_id, task.kind, task.run_id, task.name, task.queue, task.claimable_at, task.owner, task.fence, task.deaths, task.abandoned, task.parked, task.parked_detail, task.parked_digests, task.priority, task.queue_key FROM task WHERE task.claimable_at <= (SELECT coalesce(CAST(%s AS BIGINT), CAST(EXTRACT(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)) AS coalesce_1) AND task.parked IS NULL AND task.priority != 0 AND task.priority < 0",
        _OF_CLAIM_URGENT,
        "ORDER BY task.priority, task.claimable_at, task.number LIMIT %s FOR UPDATE SKIP LOCKED",
        "AND",
    ),
    claim_ready=Listing(
        "SELECT task.task_id, task.kind, task.run_id, task.name, task.queue, task.claimable_at, task.owner, task.fence, task.deaths, task.abandoned, task.parked, task.parked_detail, task.parked_digests, task.priority, task.queue_key FROM task WHERE task.claimable_at <= (SELECT coalesce(CAST(%s AS BIGINT), CAST(EXTRACT(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)) AS coalesce_1) AND task.parked IS NULL AND task.priority = 0",
        _OF_CLAIM_URGENT,
        "ORDER BY task.claimable_at, task.number LIMIT %s FOR UPDATE SKIP LOCKED",
        "AND",
    ),
    claim_patient=Listing(
        "SELECT task.task_id, task.kind, task.run_id, task.name, task.queue, task.claimable_at, task.owner, task.fence, task.deaths, task.abandoned, task.parked, task.parked_detail, task.parked_digests, task.priority, task.queue_key FROM task WHERE task.claimable_at <= (SELECT coalesce(CAST(%s AS BIGINT), CAST(EXTRACT(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)) AS coalesce_1) AND task.parked IS NULL AND task.priority != 0 AND task.priority > 0",
        _OF_CLAIM_URGENT,
        "ORDER BY task.priority, task.claimable_at, task.number LIMIT %s FOR UPDATE SKIP LOCKED",
        "AND",
    ),
    claim_parked=Listing(
        "SELECT task.task_id, task.kind, task.run_id, task.name, task.queue, task.claimable_at, task.owner, task.fence, task.deaths, task.abandoned, task.parked, task.parked_detail, task.parked_digests, task.priority, task.queue_key FROM task WHERE task.claimable_at <= (SELECT coalesce(CAST(%s AS BIGINT), CAST(EXTRACT(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)) AS coalesce_1) AND task.parked IS NOT NULL AND task.parked IN ('divergence', 'violation')",
        _OF_CLAIM_PARKED,
        "ORDER BY task.claimable_at, task.number LIMIT %s FOR UPDATE SKIP LOCKED",
        "AND",
    ),
    extend="WITH named AS (SELECT * FROM unnest(CAST(%s AS text[]), CAST(%s AS bigint[])) AS named (task_id, fence)), held AS (SELECT task.number FROM task JOIN named ON task.task_id = named.task_id AND task.fence = named.fence WHERE task.owner = %s ORDER BY task.task_id FOR UPDATE OF task) UPDATE task SET claimable_at = %s + COALESCE(CAST(%s AS bigint), CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)) FROM held WHERE task.number = held.number RETURNING task.task_id, task.fence",
    tasks_get="SELECT task.task_id, task.kind, task.run_id, task.name, task.queue, task.claimable_at, task.owner, task.fence, task.deaths, task.abandoned, task.parked, task.parked_detail, task.parked_digests, task.priority, task.queue_key FROM task WHERE task.task_id = any(%s)",
    task_get="SELECT task.task_id, task.kind, task.run_id, task.name, task.queue, task.claimable_at, task.owner, task.fence, task.deaths, task.abandoned, task.parked, task.parked_detail, task.parked_digests, task.priority, task.queue_key FROM task WHERE task.task_id = %s",
    tasks_of_owner="SELECT task.task_id, task.kind, task.run_id, task.name, task.queue, task.claimable_at, task.owner, task.fence, task.deaths, task.abandoned, task.parked, task.parked_detail, task.parked_digests, task.priority, task.queue_key FROM task WHERE task.owner = %s ORDER BY task.task_id FOR UPDATE",
    tasks_held="SELECT task.task_id, task.kind, task.run_id, task.name, task.queue, task.claimable_at, task.owner, task.fence, task.deaths, task.abandoned, task.parked, task.parked_detail, task.parked_digests, task.priority, task.queue_key FROM task WHERE task.run_id = %s AND task.parked = 'held' ORDER BY task.task_id FOR UPDATE",
    holders="SELECT task.owner, count(*) AS count_1 FROM task WHERE task.owner IS NOT NULL GROUP BY task.owner ORDER BY task.owner",
    task_list=Listing(
        "SELECT task.task_id, task.kind, task.run_id, task.name, task.queue, task.claimable_at, task.owner, task.fence, task.deaths, task.abandoned, task.parked, task.parked_detail, task.parked_digests, task.priority, task.queue_key FROM task",
        _OF_TASK_LIST,
        "ORDER BY task.parked IS NOT NULL, CASE WHEN (task.owner IS NULL) THEN task.claimable_at END IS NULL, CASE WHEN (task.owner IS NULL) THEN task.claimable_at END, task.number LIMIT %s",
        "WHERE",
    ),
    next_ready=Listing(
        "SELECT task.claimable_at FROM task WHERE task.owner IS NULL AND task.parked IS NULL AND task.priority = 0 AND task.claimable_at IS NOT NULL",
        _OF_NEXT_READY,
        "ORDER BY task.claimable_at LIMIT %s",
        "AND",
    ),
    next_ranked=Listing(
        "SELECT task.claimable_at FROM task WHERE task.owner IS NULL AND task.parked IS NULL AND task.priority != 0 AND task.claimable_at IS NOT NULL",
        _OF_NEXT_READY,
        "ORDER BY task.claimable_at LIMIT %s",
        "AND",
    ),
    due=Listing(
        "SELECT task.run_id, task.task_id FROM task JOIN wait ON wait.run_id = task.run_id AND wait.wait_id = task.task_id WHERE task.kind = 'wait' AND task.parked IS NULL AND task.priority = 0 AND task.claimable_at <= (SELECT coalesce(CAST(%s AS BIGINT), CAST(EXTRACT(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)) AS coalesce_1)",
        _OF_DUE,
        "ORDER BY wait.resume_at, wait.first_position LIMIT %s",
        "AND",
    ),
    due_waits="SELECT wait.run_id, wait.wait_id, wait.status, wait.delay, wait.resume_at, wait.created_at, wait.completed_at, wait.first_position, wait.last_position FROM wait JOIN task ON task.task_id = wait.wait_id WHERE wait.run_id = any(%s) AND wait.wait_id = any(%s) AND wait.status = 'waiting' ORDER BY wait.resume_at, wait.first_position",
    limits="SELECT queue_limit.queue, queue_limit.concurrency, queue_limit.rate_count, queue_limit.rate_period, queue_limit.concurrency_per_key, queue_limit.rate_per_key_count, queue_limit.rate_per_key_period FROM queue_limit",
    limits_lock="SELECT queue_limit.queue, queue_limit.concurrency, queue_limit.rate_count, queue_limit.rate_period, queue_limit.concurrency_per_key, queue_limit.rate_per_key_count, queue_limit.rate_per_key_period FROM queue_limit WHERE queue_limit.queue = any(%s) ORDER BY queue_limit.queue FOR UPDATE",
    limits_set="INSERT INTO queue_limit (queue, concurrency, rate_count, rate_period, concurrency_per_key, rate_per_key_count, rate_per_key_period) VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (queue) DO UPDATE SET concurrency = excluded.concurrency, rate_count = excluded.rate_count, rate_period = excluded.rate_period, concurrency_per_key = excluded.concurrency_per_key, rate_per_key_count = excluded.rate_per_key_count, rate_per_key_period = excluded.rate_per_key_period",
    limits_drop="DELETE FROM queue_limit WHERE queue_limit.queue = %s",
    queue_uses="WITH clock AS (SELECT coalesce(CAST(%s AS BIGINT), CAST(EXTRACT(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)) AS at) SELECT task.queue, task.queue_key, count(*) AS count_1, 0, 0 FROM task, clock WHERE task.owner IS NOT NULL AND task.kind = 'step' AND task.claimable_at > clock.at AND task.queue = any(%s) GROUP BY task.queue, task.queue_key UNION ALL SELECT queue_start.queue, queue_start.queue_key, 0, sum(CASE WHEN (queue_start.at > clock.at - coalesce(queue_limit.rate_period, 0)) THEN queue_start.count ELSE 0 END) AS sum_1, sum(CASE WHEN (queue_start.at > clock.at - coalesce(queue_limit.rate_per_key_period, 0)) THEN queue_start.count ELSE 0 END) AS sum_2 FROM queue_start JOIN queue_limit ON queue_limit.queue = queue_start.queue JOIN clock ON TRUE WHERE queue_start.queue = any(%s) GROUP BY queue_start.queue, queue_start.queue_key",
    start_insert="INSERT INTO queue_start (queue, queue_key, at, count) VALUES (%s, %s, %s, %s)",
    start_prune="DELETE FROM queue_start WHERE queue_start.queue = %s AND queue_start.at <= %s",
    overview="WITH clock AS (SELECT coalesce(CAST(%s AS BIGINT), CAST(EXTRACT(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)) AS at) SELECT task.queue, sum(CASE WHEN (task.parked IS NULL AND task.kind != 'wait' AND task.claimable_at <= clock.at AND NOT task.abandoned) THEN 1 ELSE 0 END) AS sum_1, sum(CASE WHEN (task.parked IS NULL AND task.kind != 'wait' AND task.owner IS NOT NULL AND (task.claimable_at > clock.at OR task.abandoned)) THEN 1 ELSE 0 END) AS sum_2, sum(CASE WHEN (task.parked IS NULL AND task.kind != 'wait' AND task.owner IS NULL AND task.claimable_at > clock.at) THEN 1 ELSE 0 END) AS sum_3, sum(CASE WHEN (task.parked IS NULL AND task.kind != 'wait' AND task.claimable_at IS NULL) THEN 1 ELSE 0 END) AS sum_4, sum(CASE WHEN (task.parked IS NULL AND task.kind = 'wait' AND task.claimable_at > clock.at) THEN 1 ELSE 0 END) AS sum_5, sum(CASE WHEN (task.parked IS NULL AND task.kind = 'wait' AND task.claimable_at <= clock.at) THEN 1 ELSE 0 END) AS sum_6, sum(CASE WHEN (task.parked IS NOT NULL) THEN 1 ELSE 0 END) AS sum_7, min(CASE WHEN (task.parked IS NULL AND task.kind != 'wait' AND task.claimable_at <= clock.at AND NOT task.abandoned) THEN task.claimable_at END) AS min_1 FROM task JOIN clock ON TRUE GROUP BY task.queue ORDER BY task.queue",
    worker_put="INSERT INTO worker (owner, workflows, queues, slots, since, seen_until) VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (owner) DO UPDATE SET workflows = excluded.workflows, queues = excluded.queues, slots = excluded.slots, since = excluded.since, seen_until = excluded.seen_until",
    worker_drop="DELETE FROM worker WHERE worker.owner = %s",
    worker_prune="DELETE FROM worker WHERE worker.seen_until <= %s",
    workers="SELECT worker.owner, worker.workflows, worker.queues, worker.slots, worker.since, worker.seen_until FROM worker WHERE worker.seen_until > (SELECT coalesce(CAST(%s AS BIGINT), CAST(EXTRACT(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)) AS coalesce_1) ORDER BY worker.owner",
    events_up="SELECT event.run_id, event.position, event.event_id, event.event_type, event.correlation_id, event.created_at, event.data, event.legacy FROM event WHERE event.run_id = %s AND event.position >= %s ORDER BY event.position LIMIT %s",
    events_down="SELECT event.run_id, event.position, event.event_id, event.event_type, event.correlation_id, event.created_at, event.data, event.legacy FROM event WHERE event.run_id = %s AND event.position <= %s ORDER BY event.position DESC LIMIT %s",
    events_about="SELECT event.run_id, event.position, event.event_id, event.event_type, event.correlation_id, event.created_at, event.data, event.legacy FROM event WHERE event.run_id = %s AND event.position >= %s AND event.position <= %s AND event.correlation_id = %s ORDER BY event.position",
    span="SELECT step.first_position, step.last_position FROM step WHERE step.run_id = %s AND step.step_id = %s UNION ALL SELECT hook.first_position, hook.last_position FROM hook WHERE hook.run_id = %s AND hook.hook_id = %s UNION ALL SELECT wait.first_position, wait.last_position FROM wait WHERE wait.run_id = %s AND wait.wait_id = %s",
    run_end="SELECT run.next_position FROM run WHERE run.run_id = %s",
    heads="SELECT run.run_id, run.workflow_name, run.deployment_id, run.status, run.execution_context, NULL AS output, run.error, run.error_code, run.cancel_reason, run.created_at, run.started_at, run.completed_at, run.updated_at, run.next_position, run.last_command, run.last_delivered FROM run WHERE run.run_id = any(%s)",
    run_plain="SELECT run.run_id, run.workflow_name, run.deployment_id, run.status, run.execution_context, NULL AS output, run.error, run.error_code, run.cancel_reason, run.created_at, run.started_at, run.completed_at, run.updated_at, run.next_position, run.last_command, run.last_delivered FROM run WHERE run.run_id = %s",
    run_whole="SELECT run.run_id, run.workflow_name, run.deployment_id, run.status, run.execution_context, run.output, run.error, run.error_code, run.cancel_reason, run.created_at, run.started_at, run.completed_at, run.updated_at, run.next_position, run.last_command, run.last_delivered, event.data FROM run JOIN event ON event.run_id = run.run_id AND event.position = 0 WHERE run.run_id = %s",
    run_created_data="SELECT event.data FROM event WHERE event.run_id = %s AND event.position = 0",
    runs_plain_up=Listing(
        "SELECT run.run_id, run.workflow_name, run.deployment_id, run.status, run.execution_context, NULL AS output, run.error, run.error_code, run.cancel_reason, run.created_at, run.started_at, run.completed_at, run.updated_at, run.next_position, run.last_command, run.last_delivered FROM run",
        _OF_RUNS_PLAIN_UP,
        "ORDER BY run.created_at, run.run_id LIMIT %s",
        "WHERE",
    ),
    runs_plain_down=Listing(
        "SELECT run.run_id, run.workflow_name, run.deployment_id, run.status, run.execution_context, NULL AS output, run.error, run.error_code, run.cancel_reason, run.created_at, run.started_at, run.completed_at, run.updated_at, run.next_position, run.last_command, run.last_delivered FROM run",
        _OF_RUNS_PLAIN_UP,
        "ORDER BY run.created_at DESC, run.run_id DESC LIMIT %s",
        "WHERE",
    ),
    runs_whole_up=Listing(
        "SELECT run.run_id, run.workflow_name, run.deployment_id, run.status, run.execution_context, run.output, run.error, run.error_code, run.cancel_reason, run.created_at, run.started_at, run.completed_at, run.updated_at, run.next_position, run.last_command, run.last_delivered, event.data FROM run JOIN event ON event.run_id = run.run_id AND event.position = 0",
        _OF_RUNS_PLAIN_UP,
        "ORDER BY run.created_at, run.run_id LIMIT %s",
        "WHERE",
    ),
    runs_whole_down=Listing(
        "SELECT run.run_id, run.workflow_name, run.deployment_id, run.status, run.execution_context, run.output, run.error, run.error_code, run.cancel_reason, run.created_at, run.started_at, run.completed_at, run.updated_at, run.next_position, run.last_command, run.last_delivered, event.data FROM run JOIN event ON event.run_id = run.run_id AND event.position = 0",
        _OF_RUNS_PLAIN_UP,
        "ORDER BY run.created_at DESC, run.run_id DESC LIMIT %s",
        "WHERE",
    ),
    step_plain="SELECT step.run_id, step.step_id, step.step_name, step.status, step.attempt, step.failures, NULL AS input, NULL AS kwargs, NULL AS output, step.error, step.queue, step.retry_after, step.call, step.created_at, step.first_started_at, step.completed_at, step.updated_at, step.first_position, step.last_position FROM step WHERE step.run_id = %s AND step.step_id = %s",
    steps_plain=Listing(
        "SELECT step.run_id, step.step_id, step.step_name, step.status, step.attempt, step.failures, NULL AS input, NULL AS kwargs, NULL AS output, step.error, step.queue, step.retry_after, step.call, step.created_at, step.first_started_at, step.completed_at, step.updated_at, step.first_position, step.last_position FROM event JOIN step ON step.run_id = event.run_id AND step.step_id = event.correlation_id WHERE event.run_id = %s AND event.position > %s AND event.event_type = 'step_created'",
        _OF_STEPS_PLAIN,
        "ORDER BY event.position LIMIT %s",
        "AND",
    ),
    step_whole="SELECT step.run_id, step.step_id, step.step_name, step.status, step.attempt, step.failures, step.input, step.kwargs, step.output, step.error, step.queue, step.retry_after, step.call, step.created_at, step.first_started_at, step.completed_at, step.updated_at, step.first_position, step.last_position FROM step WHERE step.run_id = %s AND step.step_id = %s",
    steps_whole=Listing(
        "SELECT step.run_id, step.step_id, step.step_name, step.status, step.attempt, step.failures, step.input, step.kwargs, step.output, step.error, step.queue, step.retry_after, step.call, step.created_at, step.first_started_at, step.completed_at, step.updated_at, step.first_position, step.last_position FROM event JOIN step ON step.run_id = event.run_id AND step.step_id = event.correlation_id WHERE event.run_id = %s AND event.position > %s AND event.event_type = 'step_created'",
        _OF_STEPS_PLAIN,
        "ORDER BY event.position LIMIT %s",
        "AND",
    ),
    hook_get="SELECT hook.hook_id, hook.run_id, hook.token, hook.token_whole, hook.status, hook.schema, hook.metadata, hook.received, hook.created_at, hook.disposed_at, hook.first_position, hook.last_position FROM hook WHERE hook.hook_id = %s",
    hook_of_token="SELECT hook.hook_id, hook.run_id, hook.token, hook.token_whole, hook.status, hook.schema, hook.metadata, hook.received, hook.created_at, hook.disposed_at, hook.first_position, hook.last_position FROM hook WHERE hook.token = %s ORDER BY hook.status, hook.disposed_at DESC, hook.number DESC LIMIT 1",
    hooks=Listing(
        "SELECT hook.number, hook.hook_id, hook.run_id, hook.token, hook.token_whole, hook.status, hook.schema, hook.metadata, hook.received, hook.created_at, hook.disposed_at, hook.first_position, hook.last_position FROM hook WHERE hook.number > %s",
        _OF_HOOKS,
        "ORDER BY hook.number LIMIT %s",
        "AND",
    ),
    wait_get="SELECT wait.run_id, wait.wait_id, wait.status, wait.delay, wait.resume_at, wait.created_at, wait.completed_at, wait.first_position, wait.last_position FROM wait WHERE wait.run_id = %s AND wait.wait_id = %s",
    waits=Listing(
        "SELECT wait.run_id, wait.wait_id, wait.status, wait.delay, wait.resume_at, wait.created_at, wait.completed_at, wait.first_position, wait.last_position FROM wait WHERE wait.run_id = %s",
        _OF_WAITS,
        "ORDER BY wait.resume_at, wait.first_position LIMIT %s",
        "AND",
    ),
    stream_last="SELECT stream_chunk.number, stream_chunk.data IS NULL AS anon_1 FROM stream_chunk WHERE stream_chunk.run_id = %s AND stream_chunk.stream = %s ORDER BY stream_chunk.number DESC LIMIT 1",
    chunk_insert="INSERT INTO stream_chunk (run_id, stream, number, data, step_id, attempt, created_at) VALUES (%s, %s, %s, %s, %s, %s, %s)",
    chunks="SELECT stream_chunk.run_id, stream_chunk.stream, stream_chunk.number, stream_chunk.data, stream_chunk.step_id, stream_chunk.attempt, stream_chunk.created_at FROM stream_chunk WHERE stream_chunk.run_id = %s AND stream_chunk.stream = %s AND stream_chunk.number >= %s ORDER BY stream_chunk.number LIMIT %s",
    stream_list="SELECT stream_chunk.stream, count(stream_chunk.data) AS count_1, count(*) - count(stream_chunk.data) AS anon_1 FROM stream_chunk WHERE stream_chunk.run_id = %s GROUP BY stream_chunk.stream ORDER BY stream_chunk.stream",
    event_fill="COPY event (run_id, position, event_id, event_type, correlation_id, created_at, data, legacy) FROM STDIN",
    step_fill="COPY step (run_id, step_id, step_name, status, attempt, failures, input, kwargs, output, error, queue, retry_after, call, created_at, first_started_at, completed_at, updated_at, first_position, last_position) FROM STDIN",
    record_fill="COPY legacy_record (run_id, number, source, data) FROM STDIN",
    chunk_fill="COPY stream_chunk (run_id, stream, number, data, step_id, attempt, created_at) FROM STDIN",
    records="SELECT legacy_record.number, legacy_record.source, legacy_record.data FROM legacy_record WHERE legacy_record.run_id = %s AND legacy_record.number > %s AND legacy_record.source IS NOT NULL ORDER BY legacy_record.number LIMIT %s",
    certificate="SELECT legacy_record.data FROM legacy_record WHERE legacy_record.run_id = %s AND legacy_record.source IS NULL AND legacy_record.number = (SELECT max(legacy_record.number) AS max_1 FROM legacy_record WHERE legacy_record.run_id = %s)",
    records_among="SELECT legacy_record.run_id, legacy_record.source, legacy_record.data FROM legacy_record WHERE legacy_record.run_id = any(%s) ORDER BY legacy_record.run_id, legacy_record.number",
    events_among="SELECT event.run_id, event.position, event.event_id, event.event_type, event.correlation_id, event.created_at, event.data, event.legacy FROM event WHERE event.run_id = any(%s) ORDER BY event.run_id, event.position",
    records_delete="DELETE FROM legacy_record WHERE legacy_record.run_id = %s",
    quarantine_insert="INSERT INTO quarantine (run_id, report) VALUES (%s, %s)",
    quarantine_delete="DELETE FROM quarantine WHERE quarantine.run_id = %s",
    quarantine_get="SELECT quarantine.report FROM quarantine WHERE quarantine.run_id = %s",
    quarantine_among="SELECT quarantine.run_id FROM quarantine WHERE quarantine.run_id = any(%s)",
    quarantine_list="SELECT quarantine.run_id, quarantine.report FROM quarantine WHERE quarantine.run_id > %s ORDER BY quarantine.run_id LIMIT %s",
    schema=(
        "CREATE TABLE event ( run_id TEXT COLLATE \"C\" NOT NULL, position INTEGER NOT NULL, event_id TEXT COLLATE \"C\" NOT NULL, event_type TEXT NOT NULL, correlation_id TEXT COLLATE \"C\", created_at BIGINT NOT NULL, data TEXT NOT NULL, legacy TEXT, PRIMARY KEY (run_id, position) )",
        "CREATE INDEX event_by_id ON event (event_id) WHERE event_type IN ('run_started', 'run_completed', 'run_failed', 'run_cancelled', 'step_retrying', 'hook_received', 'hook_conflict')",
        "CREATE TABLE hook ( number BIGINT GENERATED BY DEFAULT AS IDENTITY, hook_id TEXT COLLATE \"C\" NOT NULL, run_id TEXT COLLATE \"C\" NOT NULL, token TEXT COLLATE \"C\", token_whole TEXT, status TEXT NOT NULL, schema TEXT, metadata TEXT, received INTEGER NOT NULL, created_at BIGINT NOT NULL, disposed_at BIGINT, first_position INTEGER NOT NULL, last_position INTEGER NOT NULL, PRIMARY KEY (number) )",
        "CREATE UNIQUE INDEX hook_by_id ON hook (hook_id)",
        "CREATE INDEX hook_by_run ON hook (run_id)",
        "CREATE INDEX hook_by_token ON hook (token, disposed_at)",
        "CREATE UNIQUE INDEX hook_of_token ON hook (token) WHERE status = 'active'",
        "CREATE TABLE legacy_record ( run_id TEXT COLLATE \"C\" NOT NULL, number INTEGER NOT NULL, source TEXT, data BYTEA NOT NULL, PRIMARY KEY (run_id, number) )",
        "CREATE TABLE quarantine ( run_id TEXT COLLATE \"C\" NOT NULL, report TEXT NOT NULL, PRIMARY KEY (run_id) )",
        "CREATE TABLE queue_limit ( queue TEXT COLLATE \"C\" NOT NULL, concurrency INTEGER, rate_count INTEGER, rate_period BIGINT, concurrency_per_key INTEGER, rate_per_key_count INTEGER, rate_per_key_period BIGINT, PRIMARY KEY (queue) )",
        "CREATE TABLE queue_start ( number BIGINT GENERATED BY DEFAULT AS IDENTITY, queue TEXT COLLATE \"C\" NOT NULL, queue_key TEXT NOT NULL, at BIGINT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (number) )",
        "CREATE INDEX queue_start_by_time ON queue_start (queue, at)",
        "CREATE TABLE run ( run_id TEXT COLLATE \"C\" NOT NULL, workflow_name TEXT NOT NULL, deployment_id TEXT NOT NULL, status TEXT NOT NULL, execution_context TEXT, output TEXT, error TEXT, error_code TEXT, cancel_reason TEXT, created_at BIGINT NOT NULL, started_at BIGINT, completed_at BIGINT, updated_at BIGINT NOT NULL, next_position INTEGER NOT NULL, last_command INTEGER NOT NULL, last_delivered INTEGER NOT NULL, PRIMARY KEY (run_id) )",
        "CREATE INDEX run_by_status ON run (status, created_at, run_id)",
        "CREATE INDEX run_by_time ON run (created_at, run_id)",
        "CREATE INDEX run_by_workflow ON run (workflow_name, created_at, run_id)",
        "CREATE TABLE step ( run_id TEXT COLLATE \"C\" NOT NULL, step_id TEXT COLLATE \"C\" NOT NULL, step_name TEXT, status TEXT NOT NULL, attempt INTEGER NOT NULL, failures INTEGER NOT NULL, input TEXT NOT NULL, kwargs TEXT, output TEXT, error TEXT, queue TEXT NOT NULL, retry_after BIGINT, call TEXT, created_at BIGINT NOT NULL, first_started_at BIGINT, completed_at BIGINT, updated_at BIGINT NOT NULL, first_position INTEGER NOT NULL, last_position INTEGER NOT NULL, PRIMARY KEY (run_id, step_id) )",
        "CREATE TABLE stream_chunk ( run_id TEXT COLLATE \"C\" NOT NULL, stream TEXT COLLATE \"C\" NOT NULL, number INTEGER NOT NULL, data BYTEA, step_id TEXT COLLATE \"C\", attempt INTEGER, created_at BIGINT NOT NULL, PRIMARY KEY (run_id, stream, number) )",
        "CREATE TABLE task ( number BIGINT GENERATED BY DEFAULT AS IDENTITY, task_id TEXT COLLATE \"C\" NOT NULL, kind TEXT NOT NULL, run_id TEXT COLLATE \"C\" NOT NULL, name TEXT NOT NULL, queue TEXT NOT NULL, claimable_at BIGINT, owner TEXT, fence BIGINT NOT NULL, deaths INTEGER NOT NULL, abandoned BOOLEAN NOT NULL, parked TEXT, parked_detail TEXT, parked_digests TEXT NOT NULL, priority INTEGER DEFAULT 0 NOT NULL, queue_key TEXT DEFAULT '' NOT NULL, PRIMARY KEY (number) )",
        "CREATE UNIQUE INDEX task_by_id ON task (task_id)",
        "CREATE INDEX task_by_owner ON task (owner) WHERE owner IS NOT NULL",
        "CREATE INDEX task_by_run ON task (run_id)",
        "CREATE INDEX task_parked ON task (parked) WHERE parked IS NOT NULL",
        "CREATE INDEX task_ranked ON task (priority, claimable_at, number) WHERE parked IS NULL AND priority != 0",
        "CREATE INDEX task_ready ON task (claimable_at, number) WHERE parked IS NULL AND priority = 0",
        "CREATE TABLE wait ( run_id TEXT COLLATE \"C\" NOT NULL, wait_id TEXT COLLATE \"C\" NOT NULL, status TEXT NOT NULL, delay BIGINT, resume_at BIGINT NOT NULL, created_at BIGINT NOT NULL, completed_at BIGINT, first_position INTEGER NOT NULL, last_position INTEGER NOT NULL, PRIMARY KEY (run_id, wait_id) )",
        "CREATE INDEX wait_by_moment ON wait (run_id, resume_at, first_position)",
        "CREATE TABLE wfx_revision ( version_num VARCHAR(32) NOT NULL, CONSTRAINT wfx_revision_pkc PRIMARY KEY (version_num) )",
        "CREATE TABLE worker ( owner TEXT COLLATE \"C\" NOT NULL, workflows TEXT NOT NULL, queues TEXT, slots INTEGER NOT NULL, since BIGINT NOT NULL, seen_until BIGINT NOT NULL, PRIMARY KEY (owner) )",
    ),
)
