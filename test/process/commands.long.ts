import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import type { Job, Runtime } from "../../actors/index.ts";
import { eventually, made, newFile } from "../actors/kit.ts";
import { lives, until } from "../command/kit.ts";
import { Child } from "./kit.ts";

const bounded = { timeout: 110_000 };

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "ergate-test-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function commander(t: TestContext, file: string, commands: object): Promise<Child> {
  const child = new Child(t, "commander", file, JSON.stringify(commands));
  await child.line("ready");
  return child;
}

/** What each run of a command wrote into that file: a line of pids a run. */
async function runsIn(t: TestContext, path: string, count: number): Promise<number[][]> {
  const read = () => (existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : []);
  await until(t, () => read().length >= count);
  const runs = read().map((line) => line.trim().split(" ").map(Number));
  t.after(() => {
    for (const pid of runs.flat()) if (lives(pid)) process.kill(pid, "SIGKILL");
  });
  return runs;
}

/** The process of a run is on record: its owner has nothing to write for a while. */
async function noted(t: TestContext, file: string): Promise<void> {
  const database = new Database(file, { readonly: true });
  const count = database.prepare("SELECT COUNT(*) FROM processes").pluck();
  await until(t, () => count.get() === 1);
  database.close();
}

/** Two sleeps that stay, and their shell. */
const tree = (path: string) =>
  `sleep 1000 & sleep 1000 & echo "$$ $(jobs -p | tr '\\n' ' ')" >> ${path}; wait`;

async function executions(runtime: Runtime, id: string): Promise<string[]> {
  return (await runtime.jobs.executions(id)).map(({ outcome }) => outcome);
}

test(
  "the next start ends what a killed runtime's command left, says so, and then runs the job again",
  bounded,
  async (t) => {
    const file = newFile(t);
    const path = join(folder(t), "pids");
    const commands = { tree: { command: tree(path) } };
    const here = await made(t, { storage: file });
    const first = await commander(t, file, commands);
    const { id } = await here.enqueue("tree");
    const [left = []] = await runsIn(t, path, 1);
    await eventually(
      () => here.jobs.get(id),
      (job) => job?.startedAt !== undefined,
    );
    await first.kill();
    assert.deepEqual(left.map(lives), [true, true, true]);
    const second = await commander(t, file, commands);
    const { warning } = await second.line("warning");
    assert.match(
      String(warning),
      /^ended 3 processes that commands of worker \w+, which died, left/,
    );
    assert.match(String(warning), /sleep 1000 \(pid \d+\)/);
    const [, again = []] = await runsIn(t, path, 2);
    assert.deepEqual(left.map(lives), [false, false, false]);
    assert.deepEqual(again.map(lives), [true, true, true]);
    const job = await here.jobs.get(id);
    assert.deepEqual([job?.state, job?.attempt], ["running", 1]);
    assert.deepEqual(await executions(here, id), ["crashed", "running"]);
    await here.jobs.stop(id);
    await here.result(id).catch(() => undefined);
    assert.deepEqual(again.map(lives), [false, false, false]);
  },
);

test("two processes never run one command at once, whoever enqueued it", bounded, async (t) => {
  const file = newFile(t);
  const path = folder(t);
  const command = `mkdir ${path}/lock || exit 9; sleep 0.02; echo $PPID >> ${path}/ran; rmdir ${path}/lock`;
  const here = await made(t, { storage: file });
  await commander(t, file, { alone: { command } });
  await commander(t, file, { alone: { command } });
  const requests = Array.from({ length: 16 }, () => ({ job: "alone" }));
  const receipts = await here.enqueueMany(requests);
  await Promise.all(receipts.map(({ id }) => here.result(id)));
  const ran = readFileSync(`${path}/ran`, "utf8").trimEnd().split("\n");
  assert.equal(ran.length, 16);
});

test(
  "a kill asked while the owner is stopped is not lost: it is answered once the owner goes on",
  bounded,
  async (t) => {
    const file = newFile(t);
    const path = join(folder(t), "pids");
    const here = await made(t, { storage: file });
    const owner = await commander(t, file, { tree: { command: tree(path) } });
    const run = await here.commands.run("tree");
    const waits = await here.commands.run("tree");
    const [pids = []] = await runsIn(t, path, 1);
    await noted(t, file);
    owner.signal("SIGSTOP");
    await assert.rejects(here.commands.kill(run.id, { timeout: 200 }), {
      code: "ERR_ERGATE_WAIT_TIMEOUT",
    });
    // What only waits needs nobody.
    assert.equal(await here.commands.kill(waits.id), "killed");
    const killed = here.commands.kill(run.id);
    assert.deepEqual(pids.map(lives), [true, true, true]);
    owner.signal("SIGCONT");
    assert.equal(await killed, "killed");
    assert.deepEqual(pids.map(lives), [false, false, false]);
    const { state, attempt } = (await here.jobs.get(run.id)) as Job;
    assert.deepEqual([state, attempt], ["stopped", 1]);
    assert.equal(await here.commands.kill(run.id), "already done");
  },
);

test("a kill of what a dead runtime left is done by whoever finds it dead", bounded, async (t) => {
  const file = newFile(t);
  const path = join(folder(t), "pids");
  const here = await made(t, { storage: file });
  const owner = await commander(t, file, { tree: { command: tree(path) } });
  const { id } = await here.commands.run("tree");
  const [pids = []] = await runsIn(t, path, 1);
  await owner.kill();
  const killed = here.commands.kill("tree");
  await eventually(
    () => here.why(id),
    ({ facts }) => JSON.stringify(facts).includes("stop"),
  );
  assert.deepEqual(pids.map(lives), [true, true, true]);
  await commander(t, file, {});
  assert.equal(await killed, "killed");
  assert.deepEqual(pids.map(lives), [false, false, false]);
  assert.equal((await here.jobs.get(id))?.state, "stopped");
});
