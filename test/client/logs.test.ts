import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { limits } from "../../lib/base/limits.ts";
import type { Runtime } from "../../lib/client/client.ts";
import type { LogOptions, LogSearchOptions } from "../../lib/client/logs.ts";
import type { LogLine } from "../../lib/log/line.ts";
import {
  bounded,
  eventually,
  made,
  newFile,
  places,
  refuses,
  signal,
  started,
} from "../actors/kit.ts";

const lines = defineJob("lines", {
  run(count: number, ctx) {
    for (let at = 0; at < count; at++) ctx.log.info(`line ${at}`, { at });
    ctx.log.debug("below the level");
  },
});
const twice = defineJob("twice", {
  backoff: () => 0,
  run(_args, ctx) {
    ctx.log.warn(`attempt ${ctx.attempt}`);
    if (ctx.attempt === 1) throw new Error("again");
  },
});
const loud = defineJob("loud", {
  run(kibis: number, ctx) {
    for (let at = 0; at < kibis; at++) ctx.log.info("x".repeat(1024));
  },
});

for (const [place, storage] of Object.entries(places)) {
  test(`${place}: a log comes in pages, and its last lines alone`, bounded, async (t) => {
    const runtime = await started(t, { storage: storage(t), jobs: [lines] });
    const { id } = await runtime.enqueue(lines, 250);
    await runtime.result(id);
    const wanted = Array.from({ length: 250 }, (_, at) => `line ${at} {"at":${at}}`);
    assert.deepEqual(textsOf(await all(runtime, id)), wanted);
    assert.deepEqual(textsOf(await all(runtime, id, { limit: 7 })), wanted);
    assert.equal((await runtime.jobs.logs(id)).items.length, 100);
    const tail = await runtime.jobs.logs(id, { tail: 10 });
    assert.deepEqual(textsOf(tail.items), wanted.slice(-10));
    assert.deepEqual(textsOf((await runtime.jobs.logs(id, { tail: 1000 })).items), wanted);
    const { next = "" } = await runtime.jobs.logs(id, { limit: 1 });
    await refuses(runtime.jobs.logs(id, { tail: 1, cursor: next }), "ERR_ERGATE_OPTION", "tail");
    await refuses(runtime.jobs.logs(id, { cursor: "page 2" }), "ERR_ERGATE_CURSOR");
    await refuses(runtime.jobs.logs(id, { limit: 0 }), "ERR_ERGATE_OPTION", "limit");
  });

  test(`${place}: each attempt's lines are kept apart`, bounded, async (t) => {
    const runtime = await started(t, { storage: storage(t), jobs: [twice] });
    const { id } = await runtime.enqueue(twice);
    await runtime.result(id);
    const own = (items: LogLine[]) => items.filter(({ stream }) => stream === "log");
    const shown = own(await all(runtime, id)).map((line) => [line.attempt, line.level, line.text]);
    assert.deepEqual(shown, [
      [1, "warn", "attempt 1"],
      [2, "warn", "attempt 2"],
    ]);
    const second = own(await all(runtime, id, { attempt: 2 }));
    assert.deepEqual(textsOf(second), ["attempt 2"]);
    assert.equal(await runtime.jobs.delete(id), true);
    assert.deepEqual(await all(runtime, id), []);
  });

  test(
    `${place}: lines of all jobs are searched, at once and within a time`,
    bounded,
    async (t) => {
      const runtime = await started(t, { storage: storage(t), jobs: [lines] });
      const ids: string[] = [];
      for (const count of [3, 5]) {
        const { id } = await runtime.enqueue(lines, count);
        await runtime.result(id);
        ids.push(id);
      }
      const { items, next } = await runtime.logs.search("line 2");
      assert.deepEqual(
        items.map(({ jobId, text }) => [jobId, text]),
        ids.reverse().map((id) => [id, 'line 2 {"at":2}']),
      );
      assert.equal(next, undefined);
      const [{ at = 0, jobId = "" } = {}] = items;
      const of = async (options: LogSearchOptions) =>
        (await runtime.logs.search("line", options)).items.length;
      assert.equal(await of({ job: jobId }), 5);
      assert.equal(await of({ from: new Date(at + 3_600_000) }), 0);
      assert.equal((await runtime.jobs.logs(jobId, { until: at - 3_600_000 })).items.length, 0);
      await refuses(runtime.logs.search("***"), "ERR_ERGATE_OPTION", "text");
      await refuses(runtime.logs.search(7 as never), "ERR_ERGATE_OPTION", "text");
      await refuses(
        runtime.logs.search("line", { from: "now" as never }),
        "ERR_ERGATE_OPTION",
        "from",
      );
      await refuses(runtime.logs.search("line", { limit: 0 }), "ERR_ERGATE_OPTION", "limit");
    },
  );

  test(`${place}: a log is cut at 2 MiB, and says so`, bounded, async (t) => {
    const runtime = await started(t, { storage: storage(t), jobs: [loud, lines] });
    const { id } = await runtime.enqueue(loud, 3 * 1024);
    await runtime.result(id);
    const items = await all(runtime, id, { limit: 1000 });
    const kept = items.filter(({ stream }) => stream === "log");
    const bytes = kept.reduce((sum, { text }) => sum + text.length, 0);
    assert.ok(bytes <= limits.logAttemptBytes && bytes > 0.9 * limits.logAttemptBytes, `${bytes}`);
    const [cutAt = "", cut = ""] = textsOf(items.slice(kept.length));
    assert.match(cutAt, new RegExp(`^log cut at ${limits.logAttemptBytes} bytes`));
    assert.match(cut, new RegExp(`^${3 * 1024 - kept.length} lines were cut`));
    assert.equal(items.length, kept.length + 2);
    await runtime.enqueueAndWait(lines, 1);
  });

  test(`${place}: how far a run is shows while it runs, and at its end`, bounded, async (t) => {
    const entered = signal();
    const release = signal();
    const slow = defineJob("slow", {
      async run(_args, ctx) {
        ctx.progress(0.25, "a quarter");
        ctx.log.info("begun");
        entered.resolve();
        await release.promise;
        ctx.progress(0.5);
        ctx.checkIn("nearly");
        ctx.progress(1, "all");
      },
    });
    const runtime = await started(t, { storage: storage(t), jobs: [slow] });
    const { id } = await runtime.enqueue(slow);
    await entered.promise;
    const during = await eventually(
      () => runtime.jobs.get(id),
      (job) => job?.progress !== undefined,
    );
    assert.deepEqual(
      [during?.state, during?.progress, during?.checkIn],
      ["running", 0.25, "a quarter"],
    );
    const begun = await eventually(
      () => all(runtime, id),
      (items) => items.length > 0,
    );
    assert.deepEqual(textsOf(begun), ["begun"]);
    release.resolve();
    await runtime.result(id);
    const after = await runtime.jobs.get(id);
    assert.deepEqual([after?.progress, after?.checkIn], [1, "all"]);
  });
}

test(
  "lines that wait here when another runtime deletes their job are not kept",
  bounded,
  async (t) => {
    const file = newFile(t);
    // Only a flush, as a read or the stop makes one, stores these lines.
    const log = { commitTimeout: "1h", batchSize: 1000 };
    const here = await started(t, { storage: file, jobs: [lines], log });
    const there = await made(t, { storage: file });
    const first = (await here.enqueue(lines, 1)).id;
    await here.result(first);
    assert.equal((await all(here, first)).length, 1);
    const [gone, kept] = [(await here.enqueue(lines, 3)).id, (await here.enqueue(lines, 3)).id];
    for (const id of [gone, kept]) await here.result(id);
    assert.deepEqual(await all(there, gone), []);
    assert.equal(await there.jobs.delete(gone), true);
    await here.stop();
    assert.deepEqual(await all(there, gone), []);
    assert.equal((await all(there, kept)).length, 3);
  },
);

async function all(runtime: Runtime, id: string, options: LogOptions = {}): Promise<LogLine[]> {
  const found: LogLine[] = [];
  for (let page = options; ; ) {
    const { items, next } = await runtime.jobs.logs(id, page);
    found.push(...items);
    if (next === undefined) return found;
    page = { ...options, cursor: next };
  }
}

function textsOf(lines: readonly LogLine[]): string[] {
  return lines.map(({ text }) => text);
}
