import type { Clock } from "../../../lib/base/clock.ts";
import { ErgateError, type ErrorCode } from "../../../lib/base/error.ts";
import type { Random } from "../../../lib/base/random.ts";
import type { Write, WriteAnswers } from "../../../lib/protocol/write.ts";
import type { JobStore } from "../../../lib/store/store.ts";

/** What goes wrong with the storage, from 0 (never) to 1. */
export interface Weather {
  /** A batch is refused, and may be tried again. */
  refusals: number;
  /** The store dies beneath a batch that is on disk already. */
  deaths: number;
  /** Most that one call takes, in ms. */
  latencyMs: number;
}

/** What the simulation looks at: all that was claimed and settled, in the order of the commits. */
export interface Ledger {
  claimed(id: string, attempt: number, fence: number): void;
  settled(id: string, fence: number, outcome: string): void;
  note(line: string): void;
}

export interface StormParts {
  clock: Clock;
  random: Random;
  weather: Weather;
  ledger: Ledger;
}

/** A store that takes its time, and fails as the weather has it. Batches keep their order. */
export function stormy(inner: JobStore, parts: StormParts): JobStore {
  const { clock, random, weather, ledger } = parts;
  let last: Promise<unknown> = Promise.resolve();
  const chance = (rate: number) => rate > 0 && random.next() < rate;
  const wait = async () => {
    const ms = Math.floor(random.next() * (weather.latencyMs + 1));
    if (ms > 0) await new Promise<void>((resolve) => void clock.after(ms, resolve));
  };
  const fail = (code: ErrorCode): never => {
    ledger.note(`the store fails: ${code}`);
    throw new ErgateError(code, "a storm");
  };
  const apply = async (batch: readonly Write[]) => {
    await wait();
    if (chance(weather.refusals)) {
      fail(random.next() < 0.5 ? "ERR_ERGATE_STORE_FULL" : "ERR_ERGATE_STORE_LOCKED");
    }
    const answers = await inner.apply(batch);
    batch.forEach((write, at) => {
      if (write.type === "claim") {
        const { jobs } = answers[at] as WriteAnswers["claim"];
        for (const { id, attempt, fence } of jobs) ledger.claimed(id, attempt, fence);
      }
      if (write.type !== "settle") return;
      const late = new Set((answers[at] as WriteAnswers["settle"]).late);
      write.settlements.forEach(({ id, fence, outcome }, place) => {
        if (!late.has(place)) ledger.settled(id, fence, outcome.type);
      });
    });
    await wait();
    if (chance(weather.deaths)) fail("ERR_ERGATE_STORE_FAILED");
    return answers;
  };
  return {
    durability: inner.durability,
    apply(batch) {
      const applied = last.then(() => apply(batch));
      last = applied.catch(() => undefined);
      return applied;
    },
    async read(query) {
      await wait();
      return inner.read(query);
    },
    watch: (ring) => inner.watch(ring),
    backup: (file) => inner.backup(file),
    close: () => inner.close(),
  };
}
