import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Child } from "../process/kit.ts";
import { bounded, made, newFile } from "./kit.ts";

/** Nothing of a stopped runtime keeps its process alive. */
async function ends(t: TestContext, child: Child): Promise<void> {
  const { stopped } = await child.line("stopped");
  assert.equal(await child.gone(), 0);
  const took = Date.now() - Number(stopped);
  t.diagnostic(`${took} ms from the stop to the exit`);
  assert.ok(took < 3000, `${took} ms`);
}

test("a script that ran jobs in loop and threads ends by itself", bounded, async (t) => {
  const child = new Child(t, "use-and-stop", newFile(t), "run");
  assert.deepEqual(await child.line("ran"), { ran: 6, lines: 1 });
  await ends(t, child);
});

test("a script that only enqueues ends by itself, and its job is kept", bounded, async (t) => {
  const file = newFile(t);
  const child = new Child(t, "use-and-stop", file, "enqueue");
  const { id } = await child.line("id");
  await ends(t, child);
  const reader = await made(t, { storage: file });
  assert.equal((await reader.jobs.get(String(id)))?.state, "available");
});

test("a script that made a runtime and used nothing of it ends by itself", bounded, async (t) => {
  await ends(t, new Child(t, "use-and-stop", newFile(t), "nothing"));
});

test("after its stop every call is refused as stopped, and the script ends", bounded, async (t) => {
  const child = new Child(t, "use-and-stop", newFile(t), "ask");
  await ends(t, child);
  const wrong = child.all("call").filter(({ code }) => code !== "ERR_ERGATE_STOPPED");
  assert.deepEqual(wrong, []);
  assert.equal(child.all("call").length, 28);
  assert.deepEqual(await child.line("waiting"), { waiting: "ERR_ERGATE_STOPPED" });
  assert.deepEqual(await child.line("eventsDone"), { eventsDone: true });
  assert.deepEqual(await child.line("again"), { again: true });
});
