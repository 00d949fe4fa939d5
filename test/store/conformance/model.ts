import assert from "node:assert/strict";
import fc from "fast-check";
import "../../seed.ts";
import type { NewJob } from "../../../lib/job/job.ts";
import { isFinal, jobStates } from "../../../lib/job/state.ts";
import type { JobRow } from "../../../lib/protocol/query.ts";
import type { Duplicate, Write, WriteAnswer, WriteAnswers } from "../../../lib/protocol/write.ts";
import { type Done, Driver, type Seat } from "../driver.ts";
import { allRows, caseList } from "../kit.ts";
import { type Turn, turns } from "../steps.ts";

const { cases, check } = caseList();
export const modelCases = cases;

const sequences = 40;

/** What must hold, told from the answers alone. */
class Model {
  /** Ids that exist. */
  readonly jobs = new Set<string>();
  /** The one live run of each running job. */
  readonly live = new Map<string, { fence: number; worker: number }>();
  /** The unique keys that a job of that id ever had. */
  readonly #keys = new Map<string, Set<string>>();
  #fence = 0;

  note(write: Write, answer: WriteAnswer): void {
    switch (write.type) {
      case "enqueue":
        this.#enqueued(write, answer as WriteAnswers["enqueue"]);
        break;
      case "claim":
        this.#claimed(write.worker, answer as WriteAnswers["claim"]);
        break;
      case "settle":
        this.#settled(write, answer as WriteAnswers["settle"]);
        break;
      case "end":
        this.#ended(write, answer as WriteAnswers["end"]);
        break;
      case "delete":
        for (const { type, id } of (answer as WriteAnswers["delete"]).deletions) {
          assert.equal(type === "running", this.live.has(id), `deleting ${id}`);
          if (type === "deleted") this.jobs.delete(id);
        }
        return;
      case "purge":
      case "prune":
        for (const id of (answer as WriteAnswers["purge"]).deleted) {
          assert.ok(this.jobs.delete(id), `${id} was deleted twice`);
          assert.ok(!this.live.has(id), `${id} was deleted while it ran`);
        }
        return;
      default:
    }
  }

  /** Whatever this worker ran, it runs no more. */
  gone(worker: number): void {
    for (const [id, run] of this.live) if (run.worker === worker) this.live.delete(id);
  }

  #enqueued(write: Write & { type: "enqueue" }, { duplicates }: WriteAnswers["enqueue"]): void {
    const met = new Map(duplicates.map((duplicate) => [duplicate.at, duplicate]));
    for (const [at, job] of write.jobs.entries()) this.#insert(job, met.get(at));
  }

  /** A job is created unless its id exists, or its key was another's, or it goes with such a one. */
  #insert({ id, unique }: NewJob, met: Duplicate | undefined): void {
    if (met === undefined) {
      assert.ok(!this.jobs.has(id), `${id} was created twice`);
      this.jobs.add(id);
      if (unique !== undefined) {
        this.#keys.set(id, (this.#keys.get(id) ?? new Set()).add(unique.key));
      }
    } else if (met.type === "full") {
      assert.ok(!this.jobs.has(id), `${id} was there, and took no room`);
    } else if (met.type !== "dropped" && !(met.id === id && this.jobs.has(id))) {
      assert.ok(unique !== undefined && !this.jobs.has(id), `${id} is new, and has no key`);
      assert.equal(
        met.type === "rejected",
        unique.onConflict === "reject",
        `whether ${id} is refused`,
      );
      const theirs = met.id === undefined ? undefined : this.#keys.get(met.id);
      assert.ok(
        met.id === undefined || theirs?.has(unique.key),
        `${met.id} never had ${unique.key}`,
      );
    }
  }

  #claimed(worker: number, { jobs }: WriteAnswers["claim"]): void {
    for (const { id, fence } of jobs) {
      assert.ok(this.jobs.has(id), `${id} was claimed and does not exist`);
      assert.ok(!this.live.has(id), `${id} was claimed while it ran`);
      assert.ok(fence > this.#fence, `fence ${fence} of ${id} is not new`);
      this.live.set(id, { fence, worker });
    }
    assert.ok(new Set(jobs.map(({ fence }) => fence)).size <= 1, "one claim has one fence");
    this.#fence = jobs[0]?.fence ?? this.#fence;
  }

  #settled(write: Write & { type: "settle" }, answer: WriteAnswers["settle"]): void {
    const { late, skipped, duplicates } = answer;
    write.settlements.forEach(({ id, fence }, at) => {
      const holds = this.live.get(id)?.fence === fence;
      assert.equal(late.includes(at), !holds, `whether the end of ${id} is late`);
      if (holds) this.live.delete(id);
    });
    const met = new Map(duplicates.map((duplicate) => [duplicate.at, duplicate]));
    write.followers.forEach(({ of, job }, at) => {
      if (!late.includes(of)) this.#insert(job, met.get(at));
    });
    for (const at of skipped) this.jobs.delete(write.settlements[at]?.id ?? "");
  }

  #ended(write: Write & { type: "end" }, { ends }: WriteAnswers["end"]): void {
    for (const { type, id } of ends) {
      assert.equal(type === "unknown", !this.jobs.has(id), `whether ${id} is unknown`);
      const asks = write.move !== "discard" && this.live.has(id);
      assert.equal(type === "asked", asks, `whether ${id} is asked`);
      if (type === "moved") this.live.delete(id);
    }
  }
}

/** What a state says of its row. */
function checkRow(row: JobRow, model: Model): void {
  const { id, state } = row;
  assert.equal(row.finishedAt !== undefined, isFinal(state), `finishedAt of ${id}, ${state}`);
  assert.equal(model.live.get(id)?.fence, state === "running" ? row.fence : undefined, id);
  assert.ok(row.attempt >= 0 && (state !== "running" || row.attempt > 0), `attempt of ${id}`);
  assert.equal(row.result !== undefined && state !== "completed", false, `result of ${id}`);
}

async function checkAll(seat: Seat, model: Model): Promise<void> {
  const { store } = seat.member;
  const rows = await allRows(store, 3);
  assert.deepEqual(rows.map(({ id }) => id).sort(), [...model.jobs].sort(), "jobs that exist");
  for (const row of rows) checkRow(row, model);
  for (const { name, counts } of await store.read({ type: "queues" })) {
    for (const state of jobStates) {
      const actual = rows.filter((row) => row.queue === name && row.state === state).length;
      assert.equal(counts[state], actual, `count of ${state} in ${name}`);
    }
  }
  assert.equal(await store.read({ type: "count", filter: {} }), rows.length);
}

function follow(driver: Driver, model: Model, turn: Turn, done: Done): void {
  if (turn.type === "leave") model.gone(done.by.member.worker);
  done.writes.forEach((write, at) => {
    const answer = done.answers[at];
    model.note(write, answer);
    if (write.type !== "rescue") return;
    for (const { id } of (answer as WriteAnswers["rescue"]).workers) {
      for (const [worker, name] of driver.workerIds) if (name === id) model.gone(worker);
    }
  });
}

check("whatever two processes do, no job is lost, run twice or settled twice", async (storage) => {
  let sequence = 0;
  const property = fc.asyncProperty(turns, async (played) => {
    const driver = new Driver(storage, `run-${++sequence}`);
    const model = new Model();
    await driver.start();
    for (const turn of played) {
      follow(driver, model, turn, await driver.play(turn));
      await checkAll(driver.seats[0] as Seat, model);
    }
    await driver.stop();
  });
  await fc.assert(property, { numRuns: sequences });
});
