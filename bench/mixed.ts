import { systemClock } from "../lib/base/clock.ts";
import { BareStore, nothingClaimed } from "./bare/store.ts";
import { type Benchmark, column, compare, type Figures } from "./harness.ts";
import { after, callers, loopNoop, openOurs } from "./ours.ts";

interface Input {
  ms: number;
}

export const mixed: Benchmark<Input> = {
  name: "mixed",
  question: "how many jobs a second are enqueued and done at once?",
  sides: { bare, ours },
  async run(bench) {
    const input = { ms: bench.size(10_000, 3_000, 200) };
    const [limit, own] = await bench.interleave([
      ["bare", input],
      ["ours", input],
    ]);
    const settings = { durability: "fsync", callers: width, concurrency: width, ...input };
    const row = compare(bench.scale, {
      name: "mixed",
      settings,
      unit: "jobs/s",
      against: `bare insert, claim and settle by ${width}, one commit for the three`,
      value: column(own, "perSecond"),
      limit: column(limit, "perSecond"),
      least: 0.5,
    });
    return [row];
  },
};

const width = 512;

function bare({ ms }: Input, folder: string): Figures {
  const store = new BareStore(folder, "fsync");
  let claimed = nothingClaimed;
  const until = (end: number) => {
    let settled = 0;
    while (systemClock.monotonic() < end) {
      store.transaction(() => {
        store.insertChunks(width);
        store.settle(claimed);
        settled += claimed.count;
        claimed = store.claim(width);
      });
    }
    return settled;
  };
  until(systemClock.monotonic() + ms / 10);
  const started = systemClock.monotonic();
  const settled = until(started + ms);
  return { perSecond: (settled * 1_000) / (systemClock.monotonic() - started) };
}

/** Full cycles: where one of enqueueing and running lags, the smaller counts. */
async function ours({ ms }: Input, folder: string): Promise<Figures> {
  const { job, runs } = loopNoop();
  const runtime = await openOurs(folder, job, { concurrency: width });
  await runtime.start();
  let goesOn = true;
  let sent = 0;
  const producing = callers(runtime, job, width, () => {
    if (goesOn) sent++;
    return goesOn;
  });
  await after(ms / 10);
  const before = { at: systemClock.monotonic(), sent, ran: runs.count };
  await after(ms);
  const seconds = (systemClock.monotonic() - before.at) / 1_000;
  const enqueued = (sent - before.sent) / seconds;
  const ran = (runs.count - before.ran) / seconds;
  goesOn = false;
  await producing;
  await runtime.stop({ graceMs: 0 });
  return { perSecond: Math.min(enqueued, ran), enqueued, ran };
}
