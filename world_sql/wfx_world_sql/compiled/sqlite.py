"""
The texts of all statements for SQLite, made by `wfx_world_sql.statements` from the tables.

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
    "kinds": "task.kind IN (SELECT anon_2.value FROM json_each(?) AS anon_2)",
    "queues": "task.queue IN (SELECT anon_2.value FROM json_each(?) AS anon_2)",
    "names": "task.name IN (SELECT anon_2.value FROM json_each(?) AS anon_2)",
    "run_id": "task.run_id = ?",
    "free": "(task.kind != 'step' OR (task.queue NOT IN (SELECT anon_2.value FROM json_each(?) AS anon_2))) AND (task.kind != 'step' OR ((task.queue, task.queue_key) NOT IN (SELECT firsts.value, seconds.value FROM json_each(?) AS firsts JOIN json_each(?) AS seconds ON firsts.key = seconds.key)))",
}

_OF_CLAIM_PARKED: Final = {
    "kinds": "task.kind IN (SELECT anon_2.value FROM json_each(?) AS anon_2)",
    "queues": "task.queue IN (SELECT anon_2.value FROM json_each(?) AS anon_2)",
    "names": "task.name IN (SELECT anon_2.value FROM json_each(?) AS anon_2)",
    "run_id": "task.run_id = ?",
    "digest": "instr(task.parked_digests, ?) = 0",
}

_OF_TASK_LIST: Final = {
    "run_id": "task.run_id = ?",
    "kind": "task.kind = ?",
    "parked": "task.parked IS NOT NULL",
    "unparked": "task.parked IS NULL",
    "held": "task.owner IS NOT NULL",
    "unheld": "task.owner IS NULL",
}

_OF_NEXT_READY: Final = {
    "kinds": "task.kind IN (SELECT anon_1.value FROM json_each(?) AS anon_1)",
    "run_id": "task.run_id = ?",
}

_OF_DUE: Final = {
    "run_id": "task.run_id = ?",
}

_OF_RUNS_PLAIN_UP: Final = {
    "status": "run.status = ?",
    "workflow_name": "run.workflow_name = ?",
    "created_after": "run.created_at > ?",
    "created_before": "run.created_at < ?",
    "parked": "(EXISTS (SELECT task.number FROM task WHERE task.task_id = run.run_id AND task.parked IS NOT NULL))",
    "parked_for": "(EXISTS (SELECT task.number FROM task WHERE task.task_id = run.run_id AND task.parked = ?))",
    "unparked": "NOT (EXISTS (SELECT task.number FROM task WHERE task.task_id = run.run_id AND task.parked IS NOT NULL))",
    "queue": "(EXISTS (SELECT task.number FROM task WHERE task.run_id = run.run_id AND task.kind = 'step' AND task.queue = ?))",
    "past_up": "(run.created_at, run.run_id) > (?, ?)",
    "past_down": "(run.created_at, run.run_id) < (?, ?)",
}

_OF_STEPS_PLAIN: Final = {
    "status": "step.status = ?",
}

_OF_HOOKS: Final = {
    "run_id": "hook.run_id = ?",
    "status": "hook.status = ?",
}

_OF_WAITS: Final = {
    "status": "wait.status = ?",
    "past": "(wait.resume_at, wait.first_position) > (?, ?)",
}

SQLITE: Final = Sql(
    now="SELECT CAST(? AS BIGINT) AS anon_1",
    run_lock="SELECT CAST(? AS BIGINT) AS anon_1, run.run_id, run.workflow_name, run.deployment_id, run.status, run.execution_context, run.output, run.error, run.error_code, run.cancel_reason, run.created_at, run.started_at, run.completed_at, run.updated_at, run.next_position, run.last_command, run.last_delivered FROM run WHERE run.run_id = ?",
    name_lock="",
    runs_lock="SELECT run.run_id, run.workflow_name, run.deployment_id, run.status, run.execution_context, run.output, run.error, run.error_code, run.cancel_reason, run.created_at, run.started_at, run.completed_at, run.updated_at, run.next_position, run.last_command, run.last_delivered FROM run WHERE run.run_id IN (SELECT anon_1.value FROM json_each(?) AS anon_1) ORDER BY run.run_id",
    tasks_lock="SELECT task.task_id, task.kind, task.run_id, task.name, task.queue, task.claimable_at, task.owner, task.fence, task.deaths, task.abandoned, task.parked, task.parked_detail, task.parked_digests, task.priority, task.queue_key FROM task WHERE task.task_id IN (SELECT anon_1.value FROM json_each(?) AS anon_1) ORDER BY task.task_id",
    steps_load="SELECT step.run_id, step.step_id, step.step_name, step.status, step.attempt, step.failures, step.input, step.kwargs, step.output, step.error, step.queue, step.retry_after, step.call, step.created_at, step.first_started_at, step.completed_at, step.updated_at, step.first_position, step.last_position FROM step WHERE step.run_id = ? AND step.step_id IN (SELECT anon_1.value FROM json_each(?) AS anon_1)",
    hooks_load="SELECT hook.hook_id, hook.run_id, hook.token, hook.token_whole, hook.status, hook.schema, hook.metadata, hook.received, hook.created_at, hook.disposed_at, hook.first_position, hook.last_position FROM hook WHERE hook.run_id = ? AND hook.hook_id IN (SELECT anon_1.value FROM json_each(?) AS anon_1)",
    waits_load="SELECT wait.run_id, wait.wait_id, wait.status, wait.delay, wait.resume_at, wait.created_at, wait.completed_at, wait.first_position, wait.last_position FROM wait WHERE wait.run_id = ? AND wait.wait_id IN (SELECT anon_1.value FROM json_each(?) AS anon_1)",
    steps_of_runs="SELECT step.run_id, step.step_id, step.step_name, step.status, step.attempt, step.failures, step.input, step.kwargs, step.output, step.error, step.queue, step.retry_after, step.call, step.created_at, step.first_started_at, step.completed_at, step.updated_at, step.first_position, step.last_position FROM json_each(?) AS named CROSS JOIN step ON step.run_id = json_extract(named.value, '$[0]') AND step.step_id = json_extract(named.value, '$[1]')",
    hooks_of_runs="SELECT hook.hook_id, hook.run_id, hook.token, hook.token_whole, hook.status, hook.schema, hook.metadata, hook.received, hook.created_at, hook.disposed_at, hook.first_position, hook.last_position FROM hook WHERE hook.hook_id IN (SELECT anon_1.value FROM json_each(?) AS anon_1)",
    waits_of_runs="SELECT wait.run_id, wait.wait_id, wait.status, wait.delay, wait.resume_at, wait.created_at, wait.completed_at, wait.first_position, wait.last_position FROM json_each(?) AS named CROSS JOIN wait ON wait.run_id = json_extract(named.value, '$[0]') AND wait.wait_id = json_extract(named.value, '$[1]')",
    created_data_of_runs="SELECT event.run_id, event.data FROM event WHERE event.run_id IN (SELECT anon_1.value FROM json_each(?) AS anon_1) AND event.position = 0",
    tokens_lock="",
    tokens_load="SELECT hook.hook_id, hook.run_id, hook.token, hook.token_whole, hook.status, hook.schema, hook.metadata, hook.received, hook.created_at, hook.disposed_at, hook.first_position, hook.last_position FROM hook WHERE hook.token IN (SELECT anon_1.value FROM json_each(?) AS anon_1) AND hook.status = 'active'",
    events_stored="SELECT event.run_id, event.position, event.event_id, event.event_type, event.correlation_id, event.created_at, event.data, event.legacy FROM event WHERE event.run_id = ? AND event.position >= ? AND event.position <= ? AND event.event_id IN (SELECT anon_1.value FROM json_each(?) AS anon_1)",
    events_known="SELECT event.run_id, event.position, event.event_id, event.event_type, event.correlation_id, event.created_at, event.data, event.legacy FROM event WHERE event.event_id IN (SELECT anon_1.value FROM json_each(?) AS anon_1) AND event.event_type IN ('run_started', 'run_completed', 'run_failed', 'run_cancelled', 'step_retrying', 'hook_received', 'hook_conflict')",
    run_insert="INSERT INTO run (run_id, workflow_name, deployment_id, status, execution_context, output, error, error_code, cancel_reason, created_at, started_at, completed_at, updated_at, next_position, last_command, last_delivered) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    run_move="UPDATE run SET status=?, output=?, error=?, error_code=?, cancel_reason=?, started_at=?, completed_at=?, updated_at=?, next_position=?, last_command=?, last_delivered=? WHERE run.run_id = ?",
    run_extend="UPDATE run SET next_position=?, last_command=?, last_delivered=? WHERE run.run_id = ?",
    event_insert="INSERT INTO event (run_id, position, event_id, event_type, correlation_id, created_at, data, legacy) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    step_insert="INSERT INTO step (run_id, step_id, step_name, status, attempt, failures, input, kwargs, output, error, queue, retry_after, call, created_at, first_started_at, completed_at, updated_at, first_position, last_position) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    step_move="UPDATE step SET status=?, attempt=?, failures=?, output=?, error=?, retry_after=?, first_started_at=?, completed_at=?, updated_at=?, last_position=? WHERE step.run_id = ? AND step.step_id = ?",
    hook_insert="INSERT INTO hook (hook_id, run_id, token, token_whole, status, schema, metadata, received, created_at, disposed_at, first_position, last_position) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    hook_move="UPDATE hook SET status=?, received=?, disposed_at=?, last_position=? WHERE hook.hook_id = ?",
    wait_insert="INSERT INTO wait (run_id, wait_id, status, delay, resume_at, created_at, completed_at, first_position, last_position) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    wait_move="UPDATE wait SET status=?, completed_at=?, last_position=? WHERE wait.run_id = ? AND wait.wait_id = ?",
    task_insert="INSERT INTO task (task_id, kind, run_id, name, queue, claimable_at, owner, fence, deaths, abandoned, parked, parked_detail, parked_digests, priority, queue_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    task_move="UPDATE task SET claimable_at=?, owner=?, fence=?, deaths=?, abandoned=?, parked=?, parked_detail=?, parked_digests=? WHERE task.task_id = ?",
    run_bind="UPDATE run SET execution_context=? WHERE run.run_id = ?",
    task_bind="UPDATE task SET name=? WHERE task.task_id = ?",
    steps_bind="UPDATE task SET name=? WHERE task.run_id = ? AND task.kind = 'step' AND task.task_id IN (SELECT step.step_id FROM step WHERE step.run_id = ? AND step.step_name = ?)",
    task_delete="DELETE FROM task WHERE task.task_id = ?",
    run_wake="UPDATE task SET claimable_at=? WHERE task.task_id = ? AND task.owner IS NULL AND task.parked IS NULL AND (task.claimable_at IS NULL OR task.claimable_at > ?)",
    close_hooks="UPDATE hook SET status='disposed', disposed_at=? WHERE hook.run_id = ? AND hook.status = 'active'",
    close_waits="UPDATE wait SET status='cancelled', completed_at=? WHERE wait.run_id = ? AND wait.status = 'waiting'",
    close_tasks="DELETE FROM task WHERE task.run_id = ? AND NOT (task.kind = 'step' AND task.owner IS NOT NULL)",
    abandon_tasks="UPDATE task SET abandoned=TRUE WHERE task.run_id = ?",
    notify="",
    claim_urgent=Listing(
        "SELECT task.task_id, task.kind, task.run_id, task.name, task.queue, task.claimable_at, task.owner, task.fence, task.deaths, task.abandoned, task.parked, task.parked_detail, task.parked_digests, task.priority, task.queue_key FROM task WHERE task.claimable_at <= (SELECT CAST(? AS BIGINT) AS anon_1) AND task.parked IS NULL AND task.priority != 0 AND task.priority < 0",
        _OF_CLAIM_URGENT,
        "ORDER BY task.priority, task.claimable_at, task.number LIMIT ?",
        "AND",
    ),
    claim_ready=Listing(
        "SELECT task.task_id, task.kind, task.run_id, task.name, task.queue, task.claimable_at, task.owner, task.fence, task.deaths, task.abandoned, task.parked, task.parked_detail, task.parked_digests, task.priority, task.queue_key FROM task WHERE task.claimable_at <= (SELECT CAST(? AS BIGINT) AS anon_1) AND task.parked IS NULL AND task.priority = 0",
        _OF_CLAIM_URGENT,
        "ORDER BY task.claimable_at, task.number LIMIT ?",
        "AND",
    ),
    claim_patient=Listing(
        "SELECT task.task_id, task.kind, task.run_id, task.name, task.queue, task.claimable_at, task.owner, task.fence, task.deaths, task.abandoned, task.parked, task.parked_detail, task.parked_digests, task.priority, task.queue_key FROM task WHERE task.claimable_at <= (SELECT CAST(? AS BIGINT) AS anon_1) AND task.parked IS NULL AND task.priority != 0 AND task.priority > 0",
        _OF_CLAIM_URGENT,
        "ORDER BY task.priority, task.claimable_at, task.number LIMIT ?",
        "AND",
    ),
    claim_parked=Listing(
        "SELECT task.task_id, task.kind, task.run_id, task.name, task.queue, task.claimable_at, task.owner, task.fence, task.deaths, task.abandoned, task.parked, task.parked_detail, task.parked_digests, task.priority, task.queue_key FROM task WHERE task.claimable_at <= (SELECT CAST(? AS BIGINT) AS anon_1) AND task.parked IS NOT NULL AND task.parked IN ('divergence', 'violation')",
        _OF_CLAIM_PARKED,
        "ORDER BY task.claimable_at, task.number LIMIT ?",
        "AND",
    ),
    extend="WITH named AS (SELECT ids.value AS task_id, fences.value AS fence FROM json_each(?) AS ids JOIN json_each(?) AS fences ON ids.key = fences.key), wanted AS (SELECT ? AS owner, ? + ? AS until) UPDATE task SET claimable_at = (SELECT until FROM wanted) WHERE owner = (SELECT owner FROM wanted) AND (task_id, fence) IN (SELECT task_id, fence FROM named) RETURNING task_id, fence",
    tasks_get="SELECT task.task_id, task.kind, task.run_id, task.name, task.queue, task.claimable_at, task.owner, task.fence, task.deaths, task.abandoned, task.parked, task.parked_detail, task.parked_digests, task.priority, task.queue_key FROM task WHERE task.task_id IN (SELECT anon_1.value FROM json_each(?) AS anon_1)",
    task_get="SELECT task.task_id, task.kind, task.run_id, task.name, task.queue, task.claimable_at, task.owner, task.fence, task.deaths, task.abandoned, task.parked, task.parked_detail, task.parked_digests, task.priority, task.queue_key FROM task WHERE task.task_id = ?",
    tasks_of_owner="SELECT task.task_id, task.kind, task.run_id, task.name, task.queue, task.claimable_at, task.owner, task.fence, task.deaths, task.abandoned, task.parked, task.parked_detail, task.parked_digests, task.priority, task.queue_key FROM task WHERE task.owner = ? ORDER BY task.task_id",
    tasks_held="SELECT task.task_id, task.kind, task.run_id, task.name, task.queue, task.claimable_at, task.owner, task.fence, task.deaths, task.abandoned, task.parked, task.parked_detail, task.parked_digests, task.priority, task.queue_key FROM task WHERE task.run_id = ? AND task.parked = 'held' ORDER BY task.task_id",
    holders="SELECT task.owner, count(*) AS count_1 FROM task WHERE task.owner IS NOT NULL GROUP BY task.owner ORDER BY task.owner",
    task_list=Listing(
        "SELECT task.task_id, task.kind, task.run_id, task.name, task.queue, task.claimable_at, task.owner, task.fence, task.deaths, task.abandoned, task.parked, task.parked_detail, task.parked_digests, task.priority, task.queue_key FROM task",
        _OF_TASK_LIST,
        "ORDER BY task.parked IS NOT NULL, CASE WHEN (task.owner IS NULL) THEN task.claimable_at END IS NULL, CASE WHEN (task.owner IS NULL) THEN task.claimable_at END, task.number LIMIT ?",
        "WHERE",
    ),
    next_ready=Listing(
        "SELECT task.claimable_at FROM task WHERE task.owner IS NULL AND task.parked IS NULL AND task.priority = 0 AND task.claimable_at IS NOT NULL",
        _OF_NEXT_READY,
        "ORDER BY task.claimable_at LIMIT ?",
        "AND",
    ),
    next_ranked=Listing(
        "SELECT task.claimable_at FROM task WHERE task.owner IS NULL AND task.parked IS NULL AND task.priority != 0 AND task.claimable_at IS NOT NULL",
        _OF_NEXT_READY,
        "ORDER BY task.claimable_at LIMIT ?",
        "AND",
    ),
    due=Listing(
        "SELECT task.run_id, task.task_id FROM task JOIN wait ON wait.run_id = task.run_id AND wait.wait_id = task.task_id WHERE task.kind = 'wait' AND task.parked IS NULL AND task.priority = 0 AND task.claimable_at <= (SELECT CAST(? AS BIGINT) AS anon_1)",
        _OF_DUE,
        "ORDER BY wait.resume_at, wait.first_position LIMIT ?",
        "AND",
    ),
    due_waits="SELECT wait.run_id, wait.wait_id, wait.status, wait.delay, wait.resume_at, wait.created_at, wait.completed_at, wait.first_position, wait.last_position FROM wait JOIN task ON task.task_id = wait.wait_id WHERE wait.run_id IN (SELECT anon_1.value FROM json_each(?) AS anon_1) AND wait.wait_id IN (SELECT anon_2.value FROM json_each(?) AS anon_2) AND wait.status = 'waiting' ORDER BY wait.resume_at, wait.first_position",
    limits="SELECT queue_limit.queue, queue_limit.concurrency, queue_limit.rate_count, queue_limit.rate_period, queue_limit.concurrency_per_key, queue_limit.rate_per_key_count, queue_limit.rate_per_key_period FROM queue_limit",
    limits_lock="SELECT queue_limit.queue, queue_limit.concurrency, queue_limit.rate_count, queue_limit.rate_period, queue_limit.concurrency_per_key, queue_limit.rate_per_key_count, queue_limit.rate_per_key_period FROM queue_limit WHERE queue_limit.queue IN (SELECT anon_1.value FROM json_each(?) AS anon_1) ORDER BY queue_limit.queue",
    limits_set="INSERT INTO queue_limit (queue, concurrency, rate_count, rate_period, concurrency_per_key, rate_per_key_count, rate_per_key_period) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (queue) DO UPDATE SET concurrency = excluded.concurrency, rate_count = excluded.rate_count, rate_period = excluded.rate_period, concurrency_per_key = excluded.concurrency_per_key, rate_per_key_count = excluded.rate_per_key_count, rate_per_key_period = excluded.rate_per_key_period",
    limits_drop="DELETE FROM queue_limit WHERE queue_limit.queue = ?",
    queue_uses="WITH clock AS (SELECT CAST(? AS BIGINT) AS at) SELECT task.queue, task.queue_key, count(*) AS count_1, 0, 0 FROM task, clock WHERE task.owner IS NOT NULL AND task.kind = 'step' AND task.claimable_at > clock.at AND task.queue IN (SELECT anon_1.value FROM json_each(?) AS anon_1) GROUP BY task.queue, task.queue_key UNION ALL SELECT queue_start.queue, queue_start.queue_key, 0, sum(CASE WHEN (queue_start.at > clock.at - coalesce(queue_limit.rate_period, 0)) THEN queue_start.count ELSE 0 END) AS sum_1, sum(CASE WHEN (queue_start.at > clock.at - coalesce(queue_limit.rate_per_key_period, 0)) THEN queue_start.count ELSE 0 END) AS sum_2 FROM queue_start JOIN queue_limit ON queue_limit.queue = queue_start.queue JOIN clock ON TRUE WHERE queue_start.queue IN (SELECT anon_2.value FROM json_each(?) AS anon_2) GROUP BY queue_start.queue, queue_start.queue_key",
    start_insert="INSERT INTO queue_start (queue, queue_key, at, count) VALUES (?, ?, ?, ?)",
    start_prune="DELETE FROM queue_start WHERE queue_start.queue = ? AND queue_start.at <= ?",
    overview="WITH clock AS (SELECT CAST(? AS BIGINT) AS at) SELECT task.queue, sum(CASE WHEN (task.parked IS NULL AND task.kind != 'wait' AND task.claimable_at <= clock.at AND NOT task.abandoned) THEN 1 ELSE 0 END) AS sum_1, sum(CASE WHEN (task.parked IS NULL AND task.kind != 'wait' AND task.owner IS NOT NULL AND (task.claimable_at > clock.at OR task.abandoned)) THEN 1 ELSE 0 END) AS sum_2, sum(CASE WHEN (task.parked IS NULL AND task.kind != 'wait' AND task.owner IS NULL AND task.claimable_at > clock.at) THEN 1 ELSE 0 END) AS sum_3, sum(CASE WHEN (task.parked IS NULL AND task.kind != 'wait' AND task.claimable_at IS NULL) THEN 1 ELSE 0 END) AS sum_4, sum(CASE WHEN (task.parked IS NULL AND task.kind = 'wait' AND task.claimable_at > clock.at) THEN 1 ELSE 0 END) AS sum_5, sum(CASE WHEN (task.parked IS NULL AND task.kind = 'wait' AND task.claimable_at <= clock.at) THEN 1 ELSE 0 END) AS sum_6, sum(CASE WHEN (task.parked IS NOT NULL) THEN 1 ELSE 0 END) AS sum_7, min(CASE WHEN (task.parked IS NULL AND task.kind != 'wait' AND task.claimable_at <= clock.at AND NOT task.abandoned) THEN task.claimable_at END) AS min_1 FROM task JOIN clock ON TRUE GROUP BY task.queue ORDER BY task.queue",
    worker_put="INSERT INTO worker (owner, workflows, queues, slots, since, seen_until) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (owner) DO UPDATE SET workflows = excluded.workflows, queues = excluded.queues, slots = excluded.slots, since = excluded.since, seen_until = excluded.seen_until",
    worker_drop="DELETE FROM worker WHERE worker.owner = ?",
    worker_prune="DELETE FROM worker WHERE worker.seen_until <= ?",
    workers="SELECT worker.owner, worker.workflows, worker.queues, worker.slots, worker.since, worker.seen_until FROM worker WHERE worker.seen_until > (SELECT CAST(? AS BIGINT) AS anon_1) ORDER BY worker.owner",
    events_up="SELECT event.run_id, event.position, event.event_id, event.event_type, event.correlation_id, event.created_at, event.data, event.legacy FROM event WHERE event.run_id = ? AND event.position >= ? ORDER BY event.position LIMIT ?",
    events_down="SELECT event.run_id, event.position, event.event_id, event.event_type, event.correlation_id, event.created_at, event.data, event.legacy FROM event WHERE event.run_id = ? AND event.position <= ? ORDER BY event.position DESC LIMIT ?",
    events_about="SELECT event.run_id, event.position, event.event_id, event.event_type, event.correlation_id, event.created_at, event.data, event.legacy FROM event WHERE event.run_id = ? AND event.position >= ? AND event.position <= ? AND event.correlation_id = ? ORDER BY event.position",
    span="SELECT step.first_position, step.last_position FROM step WHERE step.run_id = ? AND step.step_id = ? UNION ALL SELECT hook.first_position, hook.last_position FROM hook WHERE hook.run_id = ? AND hook.hook_id = ? UNION ALL SELECT wait.first_position, wait.last_position FROM wait WHERE wait.run_id = ? AND wait.wait_id = ?",
    run_end="SELECT run.next_position FROM run WHERE run.run_id = ?",
    heads="SELECT run.run_id, run.workflow_name, run.deployment_id, run.status, run.execution_context, NULL AS output, run.error, run.error_code, run.cancel_reason, run.created_at, run.started_at, run.completed_at, run.updated_at, run.next_position, run.last_command, run.last_delivered FROM run WHERE run.run_id IN (SELECT anon_1.value FROM json_each(?) AS anon_1)",
    run_plain="SELECT run.run_id, run.workflow_name, run.deployment_id, run.status, run.execution_context, NULL AS output, run.error, run.error_code, run.cancel_reason, run.created_at, run.started_at, run.completed_at, run.updated_at, run.next_position, run.last_command, run.last_delivered FROM run WHERE run.run_id = ?",
    run_whole="SELECT run.run_id, run.workflow_name, run.deployment_id, run.status, run.execution_context, run.output, run.error, run.error_code, run.cancel_reason, run.created_at, run.started_at, run.completed_at, run.updated_at, run.next_position, run.last_command, run.last_delivered, event.data FROM run JOIN event ON event.run_id = run.run_id AND event.position = 0 WHERE run.run_id = ?",
    run_created_data="SELECT event.data FROM event WHERE event.run_id = ? AND event.position = 0",
    runs_plain_up=Listing(
        "SELECT run.run_id, run.workflow_name, run.deployment_id, run.status, run.execution_context, NULL AS output, run.error, run.error_code, run.cancel_reason, run.created_at, run.started_at, run.completed_at, run.updated_at, run.next_position, run.last_command, run.last_delivered FROM run",
        _OF_RUNS_PLAIN_UP,
        "ORDER BY run.created_at, run.run_id LIMIT ?",
        "WHERE",
    ),
    runs_plain_down=Listing(
        "SELECT run.run_id, run.workflow_name, run.deployment_id, run.status, run.execution_context, NULL AS output, run.error, run.error_code, run.cancel_reason, run.created_at, run.started_at, run.completed_at, run.updated_at, run.next_position, run.last_command, run.last_delivered FROM run",
        _OF_RUNS_PLAIN_UP,
        "ORDER BY run.created_at DESC, run.run_id DESC LIMIT ?",
        "WHERE",
    ),
    runs_whole_up=Listing(
        "SELECT run.run_id, run.workflow_name, run.deployment_id, run.status, run.execution_context, run.output, run.error, run.error_code, run.cancel_reason, run.created_at, run.started_at, run.completed_at, run.updated_at, run.next_position, run.last_command, run.last_delivered, event.data FROM run JOIN event ON event.run_id = run.run_id AND event.position = 0",
        _OF_RUNS_PLAIN_UP,
        "ORDER BY run.created_at, run.run_id LIMIT ?",
        "WHERE",
    ),
    runs_whole_down=Listing(
        "SELECT run.run_id, run.workflow_name, run.deployment_id, run.status, run.execution_context, run.output, run.error, run.error_code, run.cancel_reason, run.created_at, run.started_at, run.completed_at, run.updated_at, run.next_position, run.last_command, run.last_delivered, event.data FROM run JOIN event ON event.run_id = run.run_id AND event.position = 0",
        _OF_RUNS_PLAIN_UP,
        "ORDER BY run.created_at DESC, run.run_id DESC LIMIT ?",
        "WHERE",
    ),
    step_plain="SELECT step.run_id, step.step_id, step.step_name, step.status, step.attempt, step.failures, NULL AS input, NULL AS kwargs, NULL AS output, step.error, step.queue, step.retry_after, step.call, step.created_at, step.first_started_at, step.completed_at, step.updated_at, step.first_position, step.last_position FROM step WHERE step.run_id = ? AND step.step_id = ?",
    steps_plain=Listing(
        "SELECT step.run_id, step.step_id, step.step_name, step.status, step.attempt, step.failures, NULL AS input, NULL AS kwargs, NULL AS output, step.error, step.queue, step.retry_after, step.call, step.created_at, step.first_started_at, step.completed_at, step.updated_at, step.first_position, step.last_position FROM event JOIN step ON step.run_id = event.run_id AND step.step_id = event.correlation_id WHERE event.run_id = ? AND event.position > ? AND event.event_type = 'step_created'",
        _OF_STEPS_PLAIN,
        "ORDER BY event.position LIMIT ?",
        "AND",
    ),
    step_whole="SELECT step.run_id, step.step_id, step.step_name, step.status, step.attempt, step.failures, step.input, step.kwargs, step.output, step.error, step.queue, step.retry_after, step.call, step.created_at, step.first_started_at, step.completed_at, step.updated_at, step.first_position, step.last_position FROM step WHERE step.run_id = ? AND step.step_id = ?",
    steps_whole=Listing(
        "SELECT step.run_id, step.step_id, step.step_name, step.status, step.attempt, step.failures, step.input, step.kwargs, step.output, step.error, step.queue, step.retry_after, step.call, step.created_at, step.first_started_at, step.completed_at, step.updated_at, step.first_position, step.last_position FROM event JOIN step ON step.run_id = event.run_id AND step.step_id = event.correlation_id WHERE event.run_id = ? AND event.position > ? AND event.event_type = 'step_created'",
        _OF_STEPS_PLAIN,
        "ORDER BY event.position LIMIT ?",
        "AND",
    ),
    hook_get="SELECT hook.hook_id, hook.run_id, hook.token, hook.token_whole, hook.status, hook.schema, hook.metadata, hook.received, hook.created_at, hook.disposed_at, hook.first_position, hook.last_position FROM hook WHERE hook.hook_id = ?",
    hook_of_token="SELECT hook.hook_id, hook.run_id, hook.token, hook.token_whole, hook.status, hook.schema, hook.metadata, hook.received, hook.created_at, hook.disposed_at, hook.first_position, hook.last_position FROM hook WHERE hook.token = ? ORDER BY hook.status, hook.disposed_at DESC, hook.number DESC LIMIT 1",
    hooks=Listing(
        "SELECT hook.number, hook.hook_id, hook.run_id, hook.token, hook.token_whole, hook.status, hook.schema, hook.metadata, hook.received, hook.created_at, hook.disposed_at, hook.first_position, hook.last_position FROM hook WHERE hook.number > ?",
        _OF_HOOKS,
        "ORDER BY hook.number LIMIT ?",
        "AND",
    ),
    wait_get="SELECT wait.run_id, wait.wait_id, wait.status, wait.delay, wait.resume_at, wait.created_at, wait.completed_at, wait.first_position, wait.last_position FROM wait WHERE wait.run_id = ? AND wait.wait_id = ?",
    waits=Listing(
        "SELECT wait.run_id, wait.wait_id, wait.status, wait.delay, wait.resume_at, wait.created_at, wait.completed_at, wait.first_position, wait.last_position FROM wait WHERE wait.run_id = ?",
        _OF_WAITS,
        "ORDER BY wait.resume_at, wait.first_position LIMIT ?",
        "AND",
    ),
    stream_last="SELECT stream_chunk.number, stream_chunk.data IS NULL AS anon_1 FROM stream_chunk WHERE stream_chunk.run_id = ? AND stream_chunk.stream = ? ORDER BY stream_chunk.number DESC LIMIT 1",
    chunk_insert="INSERT INTO stream_chunk (run_id, stream, number, data, step_id, attempt, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
    chunks="SELECT stream_chunk.run_id, stream_chunk.stream, stream_chunk.number, stream_chunk.data, stream_chunk.step_id, stream_chunk.attempt, stream_chunk.created_at FROM stream_chunk WHERE stream_chunk.run_id = ? AND stream_chunk.stream = ? AND stream_chunk.number >= ? ORDER BY stream_chunk.number LIMIT ?",
    stream_list="SELECT stream_chunk.stream, count(stream_chunk.data) AS count_1, count(*) - count(stream_chunk.data) AS anon_1 FROM stream_chunk WHERE stream_chunk.run_id = ? GROUP BY stream_chunk.stream ORDER BY stream_chunk.stream",
    event_fill="INSERT INTO event (run_id, position, event_id, event_type, correlation_id, created_at, data, legacy) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    step_fill="INSERT INTO step (run_id, step_id, step_name, status, attempt, failures, input, kwargs, output, error, queue, retry_after, call, created_at, first_started_at, completed_at, updated_at, first_position, last_position) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    record_fill="INSERT INTO legacy_record (run_id, number, source, data) VALUES (?, ?, ?, ?)",
    chunk_fill="INSERT INTO stream_chunk (run_id, stream, number, data, step_id, attempt, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
    records="SELECT legacy_record.number, legacy_record.source, legacy_record.data FROM legacy_record WHERE legacy_record.run_id = ? AND legacy_record.number > ? AND legacy_record.source IS NOT NULL ORDER BY legacy_record.number LIMIT ?",
    certificate="SELECT legacy_record.data FROM legacy_record WHERE legacy_record.run_id = ? AND legacy_record.source IS NULL AND legacy_record.number = (SELECT max(legacy_record.number) AS max_1 FROM legacy_record WHERE legacy_record.run_id = ?)",
    records_among="SELECT legacy_record.run_id, legacy_record.source, legacy_record.data FROM legacy_record WHERE legacy_record.run_id IN (SELECT anon_1.value FROM json_each(?) AS anon_1) ORDER BY legacy_record.run_id, legacy_record.number",
    events_among="SELECT event.run_id, event.position, event.event_id, event.event_type, event.correlation_id, event.created_at, event.data, event.legacy FROM event WHERE event.run_id IN (SELECT anon_1.value FROM json_each(?) AS anon_1) ORDER BY event.run_id, event.position",
    records_delete="DELETE FROM legacy_record WHERE legacy_record.run_id = ?",
    quarantine_insert="INSERT INTO quarantine (run_id, report) VALUES (?, ?)",
    quarantine_delete="DELETE FROM quarantine WHERE quarantine.run_id = ?",
    quarantine_get="SELECT quarantine.report FROM quarantine WHERE quarantine.run_id = ?",
    quarantine_among="SELECT quarantine.run_id FROM quarantine WHERE quarantine.run_id IN (SELECT anon_1.value FROM json_each(?) AS anon_1)",
    quarantine_list="SELECT quarantine.run_id, quarantine.report FROM quarantine WHERE quarantine.run_id > ? ORDER BY quarantine.run_id LIMIT ?",
    schema=(
        "CREATE TABLE event ( run_id TEXT NOT NULL, position INTEGER NOT NULL, event_id TEXT NOT NULL, event_type TEXT NOT NULL, correlation_id TEXT, created_at BIGINT NOT NULL, data TEXT NOT NULL, legacy TEXT, PRIMARY KEY (run_id, position) ) WITHOUT ROWID",
        "CREATE INDEX event_by_id ON event (event_id) WHERE event_type IN ('run_started', 'run_completed', 'run_failed', 'run_cancelled', 'step_retrying', 'hook_received', 'hook_conflict')",
        "CREATE TABLE hook ( number INTEGER NOT NULL, hook_id TEXT NOT NULL, run_id TEXT NOT NULL, token TEXT, token_whole TEXT, status TEXT NOT NULL, schema TEXT, metadata TEXT, received INTEGER NOT NULL, created_at BIGINT NOT NULL, disposed_at BIGINT, first_position INTEGER NOT NULL, last_position INTEGER NOT NULL, PRIMARY KEY (number) )",
        "CREATE UNIQUE INDEX hook_by_id ON hook (hook_id)",
        "CREATE INDEX hook_by_run ON hook (run_id)",
        "CREATE INDEX hook_by_token ON hook (token, disposed_at)",
        "CREATE UNIQUE INDEX hook_of_token ON hook (token) WHERE status = 'active'",
        "CREATE TABLE legacy_record ( run_id TEXT NOT NULL, number INTEGER NOT NULL, source TEXT, data BLOB NOT NULL, PRIMARY KEY (run_id, number) )",
        "CREATE TABLE quarantine ( run_id TEXT NOT NULL, report TEXT NOT NULL, PRIMARY KEY (run_id) ) WITHOUT ROWID",
        "CREATE TABLE queue_limit ( queue TEXT NOT NULL, concurrency INTEGER, rate_count INTEGER, rate_period BIGINT, concurrency_per_key INTEGER, rate_per_key_count INTEGER, rate_per_key_period BIGINT, PRIMARY KEY (queue) )",
        "CREATE TABLE queue_start ( number INTEGER NOT NULL, queue TEXT NOT NULL, queue_key TEXT NOT NULL, at BIGINT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (number) )",
        "CREATE INDEX queue_start_by_time ON queue_start (queue, at)",
        "CREATE TABLE run ( run_id TEXT NOT NULL, workflow_name TEXT NOT NULL, deployment_id TEXT NOT NULL, status TEXT NOT NULL, execution_context TEXT, output TEXT, error TEXT, error_code TEXT, cancel_reason TEXT, created_at BIGINT NOT NULL, started_at BIGINT, completed_at BIGINT, updated_at BIGINT NOT NULL, next_position INTEGER NOT NULL, last_command INTEGER NOT NULL, last_delivered INTEGER NOT NULL, PRIMARY KEY (run_id) )",
        "CREATE INDEX run_by_status ON run (status, created_at, run_id)",
        "CREATE INDEX run_by_time ON run (created_at, run_id)",
        "CREATE INDEX run_by_workflow ON run (workflow_name, created_at, run_id)",
        "CREATE TABLE step ( run_id TEXT NOT NULL, step_id TEXT NOT NULL, step_name TEXT, status TEXT NOT NULL, attempt INTEGER NOT NULL, failures INTEGER NOT NULL, input TEXT NOT NULL, kwargs TEXT, output TEXT, error TEXT, queue TEXT NOT NULL, retry_after BIGINT, call TEXT, created_at BIGINT NOT NULL, first_started_at BIGINT, completed_at BIGINT, updated_at BIGINT NOT NULL, first_position INTEGER NOT NULL, last_position INTEGER NOT NULL, PRIMARY KEY (run_id, step_id) ) WITHOUT ROWID",
        "CREATE TABLE stream_chunk ( run_id TEXT NOT NULL, stream TEXT NOT NULL, number INTEGER NOT NULL, data BLOB, step_id TEXT, attempt INTEGER, created_at BIGINT NOT NULL, PRIMARY KEY (run_id, stream, number) ) WITHOUT ROWID",
        "CREATE TABLE task ( number INTEGER NOT NULL, task_id TEXT NOT NULL, kind TEXT NOT NULL, run_id TEXT NOT NULL, name TEXT NOT NULL, queue TEXT NOT NULL, claimable_at BIGINT, owner TEXT, fence BIGINT NOT NULL, deaths INTEGER NOT NULL, abandoned BOOLEAN NOT NULL, parked TEXT, parked_detail TEXT, parked_digests TEXT NOT NULL, priority INTEGER DEFAULT 0 NOT NULL, queue_key TEXT DEFAULT '' NOT NULL, PRIMARY KEY (number) )",
        "CREATE UNIQUE INDEX task_by_id ON task (task_id)",
        "CREATE INDEX task_by_owner ON task (owner) WHERE owner IS NOT NULL",
        "CREATE INDEX task_by_run ON task (run_id)",
        "CREATE INDEX task_parked ON task (parked) WHERE parked IS NOT NULL",
        "CREATE INDEX task_ranked ON task (priority, claimable_at, number) WHERE parked IS NULL AND priority != 0",
        "CREATE INDEX task_ready ON task (claimable_at, number) WHERE parked IS NULL AND priority = 0",
        "CREATE TABLE wait ( run_id TEXT NOT NULL, wait_id TEXT NOT NULL, status TEXT NOT NULL, delay BIGINT, resume_at BIGINT NOT NULL, created_at BIGINT NOT NULL, completed_at BIGINT, first_position INTEGER NOT NULL, last_position INTEGER NOT NULL, PRIMARY KEY (run_id, wait_id) ) WITHOUT ROWID",
        "CREATE INDEX wait_by_moment ON wait (run_id, resume_at, first_position)",
        "CREATE TABLE wfx_revision ( version_num VARCHAR(32) NOT NULL, CONSTRAINT wfx_revision_pkc PRIMARY KEY (version_num) )",
        "CREATE TABLE worker ( owner TEXT NOT NULL, workflows TEXT NOT NULL, queues TEXT, slots INTEGER NOT NULL, since BIGINT NOT NULL, seen_until BIGINT NOT NULL, PRIMARY KEY (owner) )",
    ),
)
