import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  closeSync,
  mkdtempSync,
  openSync,
  rmdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createRuntime, defineJob, ErgateError } from "../../actors/index.ts";
import type { Runtime } from "../../lib/client/client.ts";
import { made, refuses, signal, silent, started } from "../actors/kit.ts";

const bounded = { timeout: 110_000 };
const job = defineJob("job", { run: (args: { at: number }) => args.at });

test("a full disk refuses what it can't keep, and loses nothing", bounded, (t) =>
  onDisk(t, "3m", async (folder) => {
    const ballast = join(folder, "ballast");
    writeFileSync(ballast, Buffer.alloc(2 ** 20));
    const runtime = await made(t, { storage: join(folder, "app.db"), jobs: [job] });
    const kept = await enqueueUntilFull(runtime);
    t.diagnostic(`${kept.length} jobs fit`);
    for (const [at, id] of kept.entries()) {
      const row = await runtime.jobs.get(id);
      assert.deepEqual(row?.args, argsOf(at));
    }
    assert.equal(await runtime.jobs.count(), kept.length);
    rmSync(ballast);
    kept.push((await runtime.enqueue(job, { at: kept.length })).id);
    await runtime.start();
    await runtime.queues.drain();
    for (const [at, id] of kept.entries()) assert.equal(await runtime.result(id), at);
    assert.equal(await runtime.jobs.count({ state: "completed" }), kept.length);
    await runtime.stop();
  }),
);

test("a result that a full disk refuses is kept, and committed once it fits", bounded, (t) =>
  onDisk(t, "4m", async (folder) => {
    const entered = signal();
    const release = signal();
    let runs = 0;
    const gated = defineJob("gated", {
      async run() {
        runs++;
        entered.resolve();
        await release.promise;
        return "x".repeat(20_000);
      },
    });
    const runtime = await started(t, { storage: join(folder, "app.db"), jobs: [job, gated] });
    const { id } = await runtime.enqueue(gated);
    await entered.promise;
    const ballast = join(folder, "ballast");
    fill(ballast);
    release.resolve();
    const refused = await enqueueUntilFull(runtime);
    t.diagnostic(`${refused.length} jobs fit`);
    assert.equal((await runtime.jobs.get(id))?.state, "running");
    rmSync(ballast);
    assert.equal(await runtime.result(id), "x".repeat(20_000));
    assert.equal(runs, 1);
    assert.equal((await runtime.jobs.get(id))?.attempt, 1);
    await runtime.stop();
  }),
);

test(
  "a file on a disk that became read-only is refused, and opens once that is undone",
  bounded,
  (t) =>
    onDisk(t, "8m", async (folder) => {
      const file = join(folder, "app.db");
      const runtime = await made(t, { storage: file, jobs: [job] });
      await runtime.enqueue(job, { at: 1 });
      await runtime.stop();
      assert.ok(run("mount", "-o", "remount,ro", folder));
      const opening = createRuntime({ storage: file, logger: silent });
      // SQLite can't make the files beside it, and says that it can't open it.
      await refuses(opening, "ERR_ERGATE_STORE_OPEN");
      assert.ok(run("mount", "-o", "remount,rw", folder));
      const again = await made(t, { storage: file, jobs: [job] });
      assert.equal(await again.jobs.count({ state: "available" }), 1);
      await again.stop();
    }),
);

/** A file system of its own while `use` goes on; where mounting is not allowed the test is skipped. */
async function onDisk(t: TestContext, size: string, use: (folder: string) => Promise<void>) {
  const folder = mkdtempSync(join(tmpdir(), "ergate-disk-"));
  if (!run("mount", "-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder)) {
    rmdirSync(folder);
    return t.skip("mounting a tmpfs is refused here");
  }
  try {
    await use(folder);
  } finally {
    // Lazily: a runtime of a test that failed has its file open yet.
    run("umount", "-l", folder);
    rmdirSync(folder);
  }
}

function run(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

/** Writes until nothing more fits. */
function fill(file: string): void {
  const descriptor = openSync(file, "w");
  try {
    for (;;) writeSync(descriptor, Buffer.alloc(4096));
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, "ENOSPC");
  } finally {
    closeSync(descriptor);
  }
}

function argsOf(at: number) {
  return { at, text: "x".repeat(2000) };
}

/** The ids that were acknowledged before the disk was full. */
async function enqueueUntilFull(runtime: Runtime): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    try {
      ids.push((await runtime.enqueue("job", argsOf(ids.length))).id);
    } catch (error) {
      assert.ok(error instanceof ErgateError, String(error));
      assert.equal(error.code, "ERR_ERGATE_STORE_FULL", error.message);
      return ids;
    }
  }
}
