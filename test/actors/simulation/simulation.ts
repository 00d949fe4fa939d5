import assert from "node:assert/strict";
import { Assembly } from "../../../actors/assembly.ts";
import type { Runtime } from "../../../actors/index.ts";
import { parseOptions } from "../../../actors/options.ts";
import { runtimeOf } from "../../../actors/runtime.ts";
import { ErgateError, type ErrorCode } from "../../../lib/base/error.ts";
import { limits } from "../../../lib/base/limits.ts";
import { type Random, seededRandom } from "../../../lib/base/random.ts";
import { isFinal, jobStates } from "../../../lib/job/state.ts";
import { type TestSystem, testSystem, VirtualClock } from "../../../lib/kernel/testkit.ts";
import { memoryStorage } from "../../../lib/store/memory/engine.ts";
import { silent } from "../kit.ts";
import { type Action, actions } from "./actions.ts";
import { type Handlers, jobsOf } from "./jobs.ts";
import { stormy, type Weather } from "./store.ts";

/** Refusals that a storm, a stop or another call may be the reason of. */
const expected = new Set<ErrorCode>([
  "ERR_ERGATE_STOPPED",
  "ERR_ERGATE_STORE_FULL",
  "ERR_ERGATE_STORE_LOCKED",
  "ERR_ERGATE_STORE_FAILED",
  "ERR_ERGATE_ACTOR_FAILED",
  "ERR_ERGATE_JOB_NOT_FOUND",
  "ERR_ERGATE_RESULT_DEAD",
  "ERR_ERGATE_RESULT_STOPPED",
  "ERR_ERGATE_RESULT_CANCELLED",
  "ERR_ERGATE_WAIT_TIMEOUT",
]);

const calm: Weather = { refusals: 0, deaths: 0, latencyMs: 3 };
const storm: Weather = { refusals: 0.15, deaths: 0.004, latencyMs: 20 };
/** Longer than any job of the plans may still take: its attempts, waits and snoozes. */
const calmMs = 240_000;

interface Living {
  runtime: Runtime;
  kit: TestSystem;
}

/**
 * One life of a storage under a seed: runtimes come and go on it, jobs of all kinds are enqueued,
 * moved and run while its commits are slow and fail. What must hold is checked all the way, and at
 * the end, when the storage is calm again and everything had its time.
 */
export class Simulation {
  readonly trace: string[] = [];
  readonly clock = new VirtualClock();
  readonly random: Random;
  /** Every job whose enqueue was acknowledged, and was not deleted since. */
  readonly acknowledged = new Set<string>();
  readonly deleted = new Set<string>();
  readonly #seed: number;
  readonly #storage = memoryStorage();
  readonly #weather = { ...calm };
  /** By job and fence: the jobs of one claim share a fence. */
  readonly #claims = new Set<string>();
  readonly #settled = new Set<string>();
  readonly #entries = new Map<string, number>();
  readonly #entered = new Set<string>();
  readonly #calls = new Set<Promise<unknown>>();
  #living: Living | undefined;
  #lives = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.random = seededRandom(seed);
  }

  async run(steps: number): Promise<readonly string[]> {
    await this.born();
    for (let step = 0; step < steps; step++) {
      await this.#act(this.pick(actions));
      await this.passes(this.random.next() < 0.5 ? 0 : this.upTo(1500));
    }
    await this.#end();
    return this.trace;
  }

  /** A runtime on the storage, as in a process of its own. */
  async born(): Promise<void> {
    const concurrency = 1 + this.upTo(3);
    const store = stormy(this.#storage.open(), {
      clock: this.clock,
      random: this.random,
      weather: this.#weather,
      ledger: this.#ledger(),
    });
    const kit = testSystem(this.#seed + this.#lives++, {
      clock: this.clock,
      trace: { crashed: (path, error) => this.#crashed(path, error) },
    });
    const jobs = jobsOf(this.clock, this.#handlers(concurrency));
    const { clock } = this;
    const options = { storage: ":memory:", clock, concurrency, jobs, logger: silent };
    const assembly = new Assembly(parseOptions(options), store, {
      system: () => kit.system,
      random: this.random,
    });
    const runtime = runtimeOf(assembly);
    this.#living = { runtime, kit };
    this.note(`life ${this.#lives} with ${concurrency} slots`);
    this.call("start", () => runtime.start());
  }

  get runtime(): Runtime | undefined {
    return this.#living?.runtime;
  }

  /** Ends the runtime; whatever was asked of it before may still be refused. */
  async ends(graceMs: number): Promise<void> {
    const living = this.#living;
    if (living === undefined) return;
    this.note(`stop within ${graceMs} ms`);
    const stopped = living.runtime.stop({ graceMs });
    let over = false;
    void stopped.then(() => {
      over = true;
    });
    for (let waited = 0; !over; waited += 1000) {
      assert.ok(waited < 300_000, "a stop ends");
      await this.passes(1000);
    }
    await stopped;
    this.#living = undefined;
    this.note("stopped");
  }

  storms(): void {
    Object.assign(this.#weather, storm);
    this.note("a storm begins");
  }

  calms(): void {
    Object.assign(this.#weather, calm);
    this.note("the storm is over");
  }

  /** A call of the runtime's that goes on beside the others: it may be refused, as is expected. */
  call<T>(what: string, call: () => Promise<T>, done: (value: T) => void = () => undefined): void {
    const called = call().then(
      (value) => {
        this.note(`${what}: ${JSON.stringify(value) ?? "done"}`);
        done(value);
      },
      (error) => {
        const sound = error instanceof ErgateError && expected.has(error.code);
        if (!sound) throw error;
        this.note(`${what}: ${error.code}`);
      },
    );
    this.#calls.add(called);
    const settled = () => void this.#calls.delete(called);
    called.then(settled, (error) => {
      this.#faults.push(error);
      settled();
    });
  }

  readonly #faults: unknown[] = [];

  async passes(ms: number): Promise<void> {
    const kit = this.#living?.kit;
    if (kit === undefined) this.clock.advance(ms);
    else if (ms === 0) await kit.settle();
    else await kit.advanceAsync(ms);
    if (this.#faults.length > 0) throw this.#faults[0];
  }

  note(line: string): void {
    this.trace.push(`${this.clock.monotonic()} ${line}`);
  }

  upTo(most: number): number {
    return Math.floor(this.random.next() * (most + 1));
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random.next() * list.length)] as T;
  }

  async #act(action: Action): Promise<void> {
    await action(this);
  }

  #crashed(path: string, error: unknown): void {
    this.note(`${path} crashed: ${error}`);
    const code = error instanceof ErgateError ? error.code : undefined;
    if (code !== "ERR_ERGATE_STORE_FAILED") this.#faults.push(error);
  }

  #handlers(concurrency: number): Handlers {
    let active = 0;
    return {
      entries: (id) => this.#entries.get(id) ?? 0,
      entered: ({ id, attempt, fence }) => {
        active++;
        this.note(`${id} entered as attempt ${attempt}`);
        if (active > concurrency) this.#faults.push(new Error(`${active} handlers at once`));
        this.#once(this.#entered, `${id} of ${fence}`, "entered");
        this.#entries.set(id, (this.#entries.get(id) ?? 0) + 1);
      },
      left: ({ id }) => {
        active--;
        this.note(`${id} left`);
      },
    };
  }

  #ledger() {
    return {
      claimed: (id: string, attempt: number, fence: number) => {
        this.#once(this.#claims, `${id} of ${fence}`, "claimed");
        this.note(`${id} claimed as attempt ${attempt}`);
      },
      settled: (id: string, fence: number, outcome: string) => {
        const run = `${id} of ${fence}`;
        if (!this.#claims.has(run)) this.#faults.push(new Error(`${run} was not claimed`));
        this.#once(this.#settled, run, "settled");
        this.note(`${id} ${outcome}`);
      },
      note: (line: string) => this.note(line),
    };
  }

  #once(seen: Set<string>, run: string, what: string): void {
    if (seen.has(run)) this.#faults.push(new Error(`${run} was ${what} twice`));
    seen.add(run);
  }

  /** Calm weather, queues open, and time: then every job has ended, and each question too. */
  async #end(): Promise<void> {
    this.calms();
    if (this.#living === undefined) await this.born();
    else this.call("start", () => (this.runtime as Runtime).start());
    // By then the last retry of a refused batch is over, and a resume is not refused.
    await this.passes(2 * limits.storeRetryMsMax);
    for (const queue of ["one", "shared"]) {
      this.call("resume", () => (this.runtime as Runtime).queues.resume(queue));
    }
    for (let waited = 0; waited < calmMs && (await this.#unfinished()) > 0; waited += 5000) {
      await this.passes(5000);
    }
    await this.#checkJobs();
    await this.ends(0);
    assert.equal(this.#calls.size, 0, "no call waits for ever");
  }

  async #unfinished(): Promise<number> {
    const store = this.#storage.open();
    const state = jobStates.filter((one) => !isFinal(one));
    const count = await store.read({ type: "count", filter: { state } });
    await store.close();
    return count;
  }

  async #checkJobs(): Promise<void> {
    const store = this.#storage.open();
    const { items } = await store.read({
      type: "jobs",
      filter: {},
      cursor: undefined,
      limit: 1000,
    });
    const states = new Map(items.map(({ id, state }) => [id, state]));
    for (const id of this.acknowledged) {
      const state = states.get(id);
      if (this.deleted.has(id)) continue;
      assert.ok(state !== undefined, `${id} was acknowledged, and is lost`);
      assert.ok(isFinal(state), `${id} is ${state}`);
    }
    const queues = await store.read({ type: "queues" });
    const counted = queues.reduce((sum, { counts }) => sum + total(counts), 0);
    assert.equal(counted, items.length, "the counts of the queues are those of their jobs");
    await store.close();
  }
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
