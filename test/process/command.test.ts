import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Runtime } from "../../actors/index.ts";
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
  const requests = Array.from({ length: 30 }, () => ({ job: "alone" }));
  const receipts = await here.enqueueMany(requests);
  await Promise.all(receipts.map(({ id }) => here.result(id)));
  const ran = readFileSync(`${path}/ran`, "utf8").trimEnd().split("\n");
  assert.equal(ran.length, 30);
});
