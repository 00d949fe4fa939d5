import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { showProgress } from "../../lib/cli/demo-progress.ts";
import type { Out } from "../../lib/cli/out.ts";
import { bounded, signal, started } from "../actors/kit.ts";

test("the first line of a demo's progress has the rate so far", bounded, async (t) => {
  const hash = defineJob("hash", { run: () => undefined });
  const runtime = await started(t, { jobs: [hash] });
  const [line, over] = [signal<string>(), new AbortController()];
  const out = { terminal: undefined, note: line.resolve } as unknown as Out;
  const shown = showProgress(runtime, "hash", out, over.signal);
  await runtime.enqueueMany(Array.from({ length: 500 }, () => ({ job: hash })));
  assert.match(await line.promise, /^500 of 500 files, [1-9]\d*\/s$/);
  over.abort();
  await shown;
});
