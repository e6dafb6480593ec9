// Opens a store with the Workflow DevKit's own world, in small pages, and prints what it saw.
//
//     node open_store.mjs DIRECTORY-WITH-node_modules STORE

import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [home, store] = process.argv.slice(2);
const load = (name) =>
  import(pathToFileURL(createRequire(path.join(home, "index.js")).resolve(name)));

const warnings = [];
console.warn = (...words) => warnings.push(words.join(" "));

const { createLocalWorld } = await load("@workflow/world-local");
const serialization = await load("@workflow/core/serialization");
const { hydrateResourceIO } = await load("@workflow/core/observability");

const world = createLocalWorld({ dataDir: store });
await world.start();

// Everything, in pages of seven; forwards and backwards must be the same.
async function all(list) {
  const pages = async (sortOrder) => {
    const found = [];
    let cursor;
    for (;;) {
      const page = await list({ pagination: { limit: 7, cursor, sortOrder } });
      found.push(...page.data);
      if (!page.hasMore) return found;
      cursor = page.cursor;
    }
  };
  return { forwards: await pages("asc"), backwards: await pages("desc") };
}

function hydrated(what, value, decode) {
  try {
    if (value !== undefined) decode(value);
  } catch (error) {
    warnings.push(`${what}: ${error}`);
  }
}

const seen = { runs: {}, hooks: [], warnings };
const runs = await all((params) => world.runs.list(params));
seen.order = {
  forwards: runs.forwards.map((run) => run.runId),
  backwards: runs.backwards.map((run) => run.runId),
};
for (const listed of runs.forwards) {
  const run = await world.runs.get(listed.runId);
  const runId = run.runId;
  const events = await all((params) => world.events.list({ runId, ...params }));
  const steps = await all((params) => world.steps.list({ runId, ...params }));
  hydrateResourceIO(structuredClone(run));
  hydrated(`${runId} input`, run.input, (value) =>
    serialization.hydrateWorkflowArguments(value, globalThis),
  );
  hydrated(`${runId} output`, run.output, (value) =>
    serialization.hydrateWorkflowReturnValue(value, [], runId, globalThis),
  );
  for (const step of steps.forwards) {
    hydrateResourceIO(structuredClone(step));
    hydrated(`${step.stepId} input`, step.input, (value) => {
      const { args } = serialization.hydrateStepArguments(value, [], runId, globalThis);
      if (!Array.isArray(args)) throw new Error("its args are no array");
    });
    hydrated(`${step.stepId} output`, step.output, (value) =>
      serialization.hydrateStepReturnValue(value, globalThis),
    );
  }
  for (const event of events.forwards) {
    const { result, payload, output } = event.eventData ?? {};
    for (const value of [result, payload, output]) {
      hydrated(event.eventId, value, (bytes) =>
        serialization.hydrateStepReturnValue(bytes, globalThis),
      );
    }
  }
  seen.runs[runId] = {
    status: run.status,
    events: events.forwards.map((event) => [event.eventType, event.eventId]),
    eventsBackwards: events.backwards.map((event) => [event.eventType, event.eventId]),
    steps: steps.forwards.map((step) => step.stepId).sort(),
    stepsBackwards: steps.backwards.map((step) => step.stepId).sort(),
  };
}
const hooks = await all((params) => world.hooks.list(params));
for (const hook of hooks.forwards) {
  const found = await world.hooks.getByToken(hook.token);
  if (found.hookId !== hook.hookId) warnings.push(`${hook.token} is found as ${found.hookId}`);
  seen.hooks.push(hook.hookId);
}
process.stdout.write(JSON.stringify(seen));
