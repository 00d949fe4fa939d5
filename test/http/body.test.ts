import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { limits } from "../../lib/base/limits.ts";
import { bounded } from "../actors/kit.ts";
import { served } from "./kit.ts";

/** Posts in pieces: in chunks, whose length no header says. */
async function post(port: number, pieces: readonly string[]): Promise<number | undefined> {
  const headers = { "content-type": "application/json" };
  const sent = request({ port, path: "/api/v2/jobs", method: "POST", headers, agent: false });
  // It may be answered, and cut, before all is sent.
  sent.on("error", () => undefined);
  for (const piece of pieces) sent.write(piece);
  sent.end();
  const [answer] = await once(sent, "response");
  answer.resume();
  return answer.statusCode;
}

test("a body in chunks is read, and counted while it comes", bounded, async (t) => {
  const { runtime, port } = await served(t, {}, { jobs: [defineJob("echo", { run: () => 1 })] });
  assert.equal(await post(port, ['{"job":"echo",', '"args":"é"}']), 201);
  const [job] = (await runtime.jobs.list()).items;
  assert.equal(job?.args, "é");
  const large = "x".repeat(limits.httpBodyBytes / 2);
  assert.equal(await post(port, ['{"job":"echo","args":"', large, large, '"}']), 413);
});
