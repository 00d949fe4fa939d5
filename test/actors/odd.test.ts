import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import odd from "./handlers/odd.ts";
import { bounded, handler, newFile, started } from "./kit.ts";

for (const [place, job] of [
  ["loop", defineJob("odd", { run: odd })],
  ["thread", defineJob("odd", { thread: handler("odd") })],
] as const) {
  test(
    `${place}: odd values given to ctx are taken or refused, and fail no run`,
    bounded,
    async (t) => {
      const runtime = await started(t, { storage: newFile(t), jobs: [job], threads: 1 });
      const { id } = await runtime.enqueue("odd", { does: "progress" });
      assert.equal(await runtime.result(id), "went on");
      const { progress, checkIn } = (await runtime.jobs.get(id)) ?? {};
      assert.deepEqual([progress, checkIn], [0.5, "Symbol(note)"]);
      const at = { at: "1970-01-01T00:00:00.000Z" };
      assert.deepEqual(await runtime.enqueueAndWait("odd", { does: "date" }), at);
      assert.deepEqual(await runtime.enqueueAndWait("odd", { does: "enqueue" }), {
        ...{ name: "ErgateError", code: "ERR_ERGATE_OPTION", path: "job" },
      });
      assert.ok(runtime.actors().every(({ restarts }) => restarts === 0));
    },
  );
}
