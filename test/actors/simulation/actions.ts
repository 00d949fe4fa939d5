import type { EnqueueOptions, Runtime } from "../../../actors/index.ts";
import { behaviours, names, type Plan } from "./jobs.ts";
import type { Simulation } from "./simulation.ts";

/** One thing that happens to a simulated life. */
export type Action = (life: Simulation) => void | Promise<void>;

/** Each as often as it stands in the list. */
export const actions: readonly Action[] = [
  ...Array<Action>(10).fill(enqueue),
  ...Array<Action>(3).fill(enqueueMany),
  ...Array<Action>(3).fill(await1),
  ...[stop, cancel, retry, remove, look, stopAll],
  ...[pause, resume, resume, purge],
  ...[storms, calms, calms],
  ...[ends, begins, begins],
];

function alive(life: Simulation, act: (runtime: Runtime) => void): void {
  if (life.runtime !== undefined) act(life.runtime);
}

function plan(life: Simulation): Plan {
  return { does: life.pick(behaviours), ms: life.pick([0, 0, 5, 100, 1000]) };
}

function options(life: Simulation): EnqueueOptions {
  const chosen: EnqueueOptions = {};
  if (life.random.next() < 0.2) chosen.delay = life.upTo(20_000);
  if (life.random.next() < 0.2) chosen.priority = life.upTo(4) - 2;
  if (life.random.next() < 0.1) chosen.id = `own ${life.upTo(5)}`;
  if (life.random.next() < 0.1) chosen.queue = "one";
  return chosen;
}

function someId(life: Simulation): string | undefined {
  return life.pick([...life.acknowledged]);
}

function enqueue(life: Simulation): void {
  const [name, args, chosen] = [life.pick(names), plan(life), options(life)];
  alive(life, (runtime) =>
    life.call(
      `enqueue ${name} that ${args.does}`,
      () => runtime.enqueue(name, args, chosen),
      ({ id, disposition }) => {
        // One of that id may have been deleted before, or be deleted right now.
        if (disposition === "created" && !id.startsWith("own")) life.acknowledged.add(id);
      },
    ),
  );
}

function enqueueMany(life: Simulation): void {
  const requests = Array.from({ length: 1 + life.upTo(5) }, () => ({
    ...{ job: life.pick(names), args: plan(life) },
    ...(life.random.next() < 0.2 ? { delay: life.upTo(10_000) } : {}),
  }));
  alive(life, (runtime) =>
    life.call(
      `enqueue ${requests.length}`,
      () => runtime.enqueueMany(requests),
      (receipts) => {
        for (const { id } of receipts) life.acknowledged.add(id);
      },
    ),
  );
}

function await1(life: Simulation): void {
  const args = plan(life);
  const timeout = life.pick(["1s", "1m", "10m"]);
  alive(life, (runtime) =>
    life.call(`await one that ${args.does}`, () =>
      runtime.enqueueAndWait("one", args, { timeout }),
    ),
  );
}

function onJob(
  life: Simulation,
  what: string,
  act: (runtime: Runtime, id: string) => Promise<unknown>,
  done: (value: unknown, id: string) => void = () => undefined,
): void {
  const id = someId(life);
  if (id === undefined) return;
  alive(life, (runtime) =>
    life.call(
      `${what} ${id}`,
      () => act(runtime, id),
      (value) => done(value, id),
    ),
  );
}

function stop(life: Simulation): void {
  onJob(life, "stop", ({ jobs }, id) => jobs.stop(id));
}

function cancel(life: Simulation): void {
  onJob(life, "cancel", ({ jobs }, id) => jobs.cancel(id));
}

function retry(life: Simulation): void {
  onJob(life, "retry", ({ jobs }, id) => jobs.retry(id));
}

/** A delete that was refused may have been done all the same. */
function remove(life: Simulation): void {
  onJob(life, "delete", ({ jobs }, id) => {
    life.deleted.add(id);
    return jobs.delete(id);
  });
}

function look(life: Simulation): void {
  onJob(life, "state of", async ({ jobs }, id) => (await jobs.get(id))?.state);
}

function stopAll(life: Simulation): void {
  alive(life, ({ jobs }) => life.call("stop all", () => jobs.stopAll({ name: "three" })));
}

function pause(life: Simulation): void {
  const queue = life.pick(["one", "shared"]);
  alive(life, ({ queues }) => life.call(`pause ${queue}`, () => queues.pause(queue)));
}

function resume(life: Simulation): void {
  const queue = life.pick(["one", "shared"]);
  alive(life, ({ queues }) => life.call(`resume ${queue}`, () => queues.resume(queue)));
}

/** It deletes what waits: which of them is the storm's and the slots' choice. */
function purge(life: Simulation): void {
  if (life.random.next() < 0.8) return;
  alive(life, ({ queues }) =>
    life.call("purge", async () => {
      try {
        return await queues.purge("one");
      } finally {
        for (const id of life.acknowledged) life.deleted.add(id);
      }
    }),
  );
}

function storms(life: Simulation): void {
  life.storms();
}

function calms(life: Simulation): void {
  life.calms();
}

async function ends(life: Simulation): Promise<void> {
  if (life.random.next() < 0.3) await life.ends(life.pick([0, 3000, 25_000]));
}

async function begins(life: Simulation): Promise<void> {
  if (life.runtime === undefined) await life.born();
  // One that a storm refused may be tried again; else it is the first one.
  else alive(life, (runtime) => life.call("start", () => runtime.start()));
}
