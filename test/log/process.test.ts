import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { chunkOf, numbered, readAll, tempFile, tempStore, texts } from "./fixture.ts";

function writer(file: string, ...options: string[]): ChildProcess {
  const script = fileURLToPath(new URL("./writer.ts", import.meta.url));
  return spawn(process.execPath, [script, file, ...options], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

test("what append acknowledged is there after kill -9, and nothing is torn", async (t) => {
  const file = tempFile(t);
  const child = writer(file, "j");
  let said = "";
  child.stdout?.on("data", (data) => {
    said += data;
    if (said.split("\n").length > 200) child.kill("SIGKILL");
  });
  await once(child, "close");
  assert.equal(child.signalCode, "SIGKILL");
  // The last line may be cut short by the kill.
  const acknowledged = Number(said.split("\n").at(-2)) + 1;
  const lines = texts(await readAll(tempStore(t, "thread", file), { id: "j", limit: 1000 }));
  assert.ok(acknowledged >= 200);
  assert.ok(lines.length >= acknowledged, `${lines.length} of ${acknowledged} acknowledged lines`);
  assert.deepEqual(lines, numbered(lines.length));
});

test("several processes make one file at once, and write and read it side by side", async (t) => {
  const file = tempFile(t);
  const children = ["a", "b", "c"].map((id) => writer(file, id, "100"));
  for (const child of children) child.stdout?.resume();
  const codes = await Promise.all(children.map(async (child) => (await once(child, "close"))[0]));
  assert.deepEqual(codes, [0, 0, 0]);
  const store = tempStore(t, "thread", file);
  for (const id of ["a", "b", "c"]) {
    assert.deepEqual(texts((await store.read({ id, limit: 1000 })).items), numbered(100));
  }
});

test("a log left open keeps no process alive, but for an append under way", async (t) => {
  const file = tempFile(t);
  const child = writer(file, "j", "1", "abrupt");
  child.stdout?.resume();
  assert.deepEqual(await once(child, "close"), [0, null]);
  const { items } = await tempStore(t, "inline", file).read({ id: "j" });
  assert.deepEqual(texts(items), ["line 0", "the last"]);
});

test("calls that the log's thread took with it reject, and the next restarts it", async (t) => {
  const store = tempStore(t, "thread");
  const died = new Promise<void>((resolve) => {
    process.once("worker", (worker) => {
      worker.once("exit", () => resolve());
      void worker.terminate();
    });
  });
  const code = "ERR_ERGATE_STORE_FAILED";
  await assert.rejects(store.append([chunkOf("j", 1, ["x"])]), { code, retryable: true });
  await died;
  await store.append([chunkOf("j", 1, ["y"])]);
  assert.deepEqual(texts((await store.read({ id: "j" })).items), ["y"]);
});
