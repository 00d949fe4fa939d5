import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { ErgateError } from "../../lib/base/error.ts";
import { handlerUrl, job, jobs, Kit, thrownBy } from "./kit.ts";

test("a module that can't be loaded is refused with its job, its URL and the cause", async () => {
  await using kit = new Kit();
  const ways = [
    ["missing", /missing\.ts/],
    ["no-default", /no default export/],
    ["throws", /broken at import/],
    ["bad-setup", /setup\(\) failed: no database/],
    ["exits", /code: 3/],
  ] as const;
  for (const [name, cause] of ways) {
    const url = handlerUrl(name);
    await assert.rejects(kit.pool.start([{ name: "resize", url }]), (error) => {
      assert.ok(error instanceof ErgateError);
      assert.equal(error.code, "ERR_ERGATE_HANDLER_LOAD");
      assert.match(error.message, /job "resize"/);
      assert.ok(error.message.includes(url));
      assert.match(error.message, cause);
      assert.ok(error.cause instanceof Error);
      return true;
    });
  }
  await kit.pool.load({ name: "fate", url: handlerUrl("fate") });
});

test("a module that fails to load in a run fails that run", async () => {
  await using kit = new Kit();
  const ending = await kit.run({ do: "ok" }, { url: handlerUrl("bad-setup") });
  assert.equal(thrownBy(ending).code, "ERR_ERGATE_HANDLER_LOAD");
  assert.match(thrownBy(ending).message, /no database/);
});

test("setup's value is ctx.base; teardown runs once a thread when the pool closes", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ergate-thread-"));
  const file = join(folder, "torn");
  const kit = new Kit({ threads: 1 });
  const url = handlerUrl("lifecycle");
  for (const one of [job({ file }, { url }), job({ file }, { url })]) {
    kit.pool.run([one]);
    const { ending } = await kit.ending(one.key);
    assert.deepEqual(ending, { type: "returned", result: '{"ready":true}' });
  }
  await kit.pool.close(1000);
  assert.equal(readFileSync(file, "utf8"), "torn\n");
  rmSync(folder, { recursive: true });
});

test("a thread is recycled after its jobs, torn down, and replaced", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ergate-thread-"));
  const file = join(folder, "torn");
  await using kit = new Kit({ threads: 1, recycleAfter: 3 });
  // One by one: of nine at once, all but the first may share a batch, and a thread ends after it.
  for (let count = 0; count < 9; count++) {
    const one = job({ file }, { url: handlerUrl("lifecycle") });
    kit.pool.run([one]);
    assert.equal((await kit.ending(one.key)).ending.type, "returned");
  }
  await kit.run({ do: "ok" });
  const { recycled, died } = kit.pool.stats();
  assert.deepEqual({ recycled, died }, { recycled: 3, died: 0 });
  assert.equal(readFileSync(file, "utf8"), "torn\n".repeat(3));
  assert.deepEqual(kit.returned, []);
  rmSync(folder, { recursive: true });
});

test("stopping aborts ctx.stopping in every thread, also in later ones", async () => {
  await using kit = new Kit({ threads: 3 });
  const first = await kit.begun({ do: "untilStopping" });
  const second = await kit.begun({ do: "spinUntilStopping" });
  kit.pool.stopping();
  for (const { key } of [first, second]) {
    assert.deepEqual((await kit.ending(key)).ending, { type: "returned", result: '"stopping"' });
  }
  await kit.run({ do: "exit" });
  assert.equal(await kit.value({ do: "spinUntilStopping" }), "stopping");
});

test("close gives back what waits, lets the entered end, and ends what does not", async () => {
  const kit = new Kit();
  const spin = await kit.begun({ do: "spin" });
  const soon = await kit.begun({ do: "untilStopping" });
  const waiting = jobs(10, { do: "ok" });
  kit.pool.run(waiting);
  await kit.pool.close(1000);
  assert.deepEqual(
    kit.returned.map(({ key }) => key).sort((a, b) => a - b),
    waiting.map(({ key }) => key),
  );
  const ended = kit.endings.get(spin.key);
  assert.ok(ended !== undefined);
  assert.equal(ended.asked, "shutdown");
  assert.equal(thrownBy(ended).code, "ERR_ERGATE_RUN_LOST");
  assert.equal(kit.endings.get(soon.key)?.ending.type, "returned");
  const late = job({ do: "ok" });
  kit.pool.run([late]);
  assert.ok(kit.returned.includes(late));
  assert.equal(kit.pool.room(), 0);
  await assert.rejects(kit.pool.load({ name: "x", url: handlerUrl("fate") }), {
    code: "ERR_ERGATE_STOPPED",
  });
});

test("a pool never used starts no thread, and closes at once", async () => {
  const kit = new Kit();
  assert.equal(kit.pool.stats().alive, 0);
  await kit.pool.close(1000);
});

test("after close the process ends by itself", async () => {
  const script = `
    import { Kit } from ${JSON.stringify(new URL("./kit.ts", import.meta.url).href)};
    const kit = new Kit();
    await kit.run({ do: "log", count: 5 });
    await kit.begun({ do: "untilStopping" });
    await kit.pool.close(1000);
    console.log("closed");
  `;
  const run = promisify(execFile);
  const args = ["--input-type=module-typescript", "-e", script];
  const { stdout } = await run(process.execPath, args, { timeout: 110_000 });
  assert.equal(stdout, "closed\n");
});
