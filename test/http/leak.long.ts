import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { defineJob } from "../../actors/index.ts";
import { eventually, newFile } from "../actors/kit.ts";
import { served } from "./kit.ts";

setFlagsFromString("--expose_gc");
const gc = runInNewContext("gc") as () => void;

const streams = 400;
/** What is held of a stream, such as its beat and what it gathers, takes some 5 KiB of the heap. */
const bytesMost = 1_500;

/** Opens a stream, and leaves as soon as something came. */
async function abandoned(port: number, path: string): Promise<void> {
  const sent = request({ port, path, agent: false, headers: { accept: "text/event-stream" } });
  sent.end();
  const [answer] = await once(sent, "response");
  assert.equal(answer.statusCode, 200, path);
  sent.destroy();
  await once(sent, "close");
}

function sockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
}

function heldBytes(): number {
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}

test("streams that their readers abandon leave nothing behind", async (t) => {
  const echo = defineJob("echo", { run: (args: unknown) => args });
  const { runtime, port } = await served(t, {}, { storage: newFile(t), jobs: [echo] });
  const { id } = await runtime.enqueue(echo, 1, { delay: "1h" });
  const log = `/api/v2/jobs/${id}/log/follow`;
  const paths = ["/api/v2/events", "/api/v2/events?types=dead", log, `${log}?format=text&tail=1`];
  const round = async () => {
    for (let at = 0; at < streams; at++) await abandoned(port, paths[at % 4] as string);
    await eventually(sockets, (count) => count === 0);
    return heldBytes();
  };
  await round();
  const held = [await round()];
  while (held.length < 5) held.push(await round());
  // What leaks does so in each round; what is compiled or grown once does not.
  const more = held.slice(1).map((bytes, at) => bytes - (held[at] as number));
  const grown = Math.min(...more);
  t.diagnostic(`${more.join(", ")} bytes more after ${streams} streams each`);
  assert.ok(grown < streams * bytesMost, `${grown} bytes are held by ${streams} streams`);
});
