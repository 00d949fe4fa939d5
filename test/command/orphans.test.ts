import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../lib/base/clock.ts";
import { LinuxProcesses } from "../../lib/command/linux-processes.ts";
import { ListedProcesses } from "../../lib/command/listed-processes.ts";
import type { CommandMark } from "../../lib/command/orphans.ts";
import type { ProcessTable } from "../../lib/command/process-table.ts";
import { commandsOf, lives, newRunId, until } from "./kit.ts";

const bounded = { timeout: 30_000 };

interface LeftBehind {
  mark: CommandMark;
  pids: number[];
}

/** What a host leaves behind that was killed while its command ran and said `pids …`. */
async function leftBehind(t: TestContext, command: string): Promise<LeftBehind> {
  const path = fileURLToPath(new URL("./fixture/host.ts", import.meta.url));
  const host = spawn(process.execPath, [path, newRunId(), command], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(host, "exit");
  let mark: CommandMark | undefined;
  let pids: number[] = [];
  for await (const line of createInterface(host.stdout)) {
    const said = JSON.parse(line) as { mark?: CommandMark; text?: string };
    mark ??= said.mark;
    if (!said.text?.startsWith("pids ")) continue;
    pids = said.text.slice(5).split(" ").map(Number);
    break;
  }
  t.after(() => {
    for (const pid of pids) if (lives(pid)) process.kill(pid, "SIGKILL");
  });
  host.kill("SIGKILL");
  await exited;
  assert.ok(mark !== undefined && pids.length > 0);
  return { mark, pids };
}

const tree = "sleep 1000 & setsid sleep 1001 & echo pids $$ $(jobs -p); wait";

const tables: Record<string, () => ProcessTable> = {
  "their mark": () => new LinuxProcesses(systemClock),
  "their group": () => new ListedProcesses(),
};

for (const [how, table] of Object.entries(tables)) {
  test(`what a killed host left is found by ${how}, ended, and named`, bounded, async (t) => {
    const { mark, pids } = await leftBehind(t, tree);
    assert.deepEqual(pids.map(lives), [true, true, true]);
    await until(t, () => pids.some((pid) => commandOf(pid) === "sleep\x001001\0"));
    const commands = commandsOf(t, { table: table() });
    const found = await commands.findOrphans([mark]);
    assert.deepEqual(new Set(found.map(({ pid }) => pid)), new Set(pids));
    const { ended, left } = await commands.endOrphans([mark], 5_000);
    assert.equal(left, 0);
    assert.deepEqual(pids.map(lives), [false, false, false]);
    assert.deepEqual(ended, found);
    assert.ok(ended.every(({ runId }) => runId === mark.runId));
    assert.ok(ended.some(({ command }) => command === "sleep 1001"));
    assert.deepEqual(await commands.findOrphans([mark]), []);
  });
}

test("an orphan that ignores TERM gets KILL after the grace", bounded, async (t) => {
  const { mark, pids } = await leftBehind(t, "trap '' TERM; echo pids $$; while :; do :; done");
  const { ended, left } = await commandsOf(t).endOrphans([mark], 100);
  assert.deepEqual([ended.length, left], [1, 0]);
  assert.deepEqual(pids.map(lives), [false]);
});

test("what ignores TERM is ended although its group's leader was gone", bounded, async (t) => {
  const stubborn = "(trap '' TERM; while :; do :; done) & echo pids $$ $!; wait";
  const { mark, pids } = await leftBehind(t, stubborn);
  const commands = commandsOf(t, { table: new ListedProcesses() });
  const { left } = await commands.endOrphans([mark], 300);
  assert.equal(left, 0);
  assert.deepEqual(pids.map(lives), [false, false]);
});

test("an orphan whose program is gone is found by its mark", bounded, async (t) => {
  const { mark, pids } = await leftBehind(t, "setsid sleep 1000 & echo pids $!");
  await until(t, () => !lives(mark.pid));
  const { ended } = await commandsOf(t).endOrphans([mark], 5_000);
  assert.deepEqual(
    ended.map(({ pid }) => pid),
    pids,
  );
  assert.deepEqual(pids.map(lives), [false]);
});

test("several runs are ended together, each named by its own", bounded, async (t) => {
  const both = await Promise.all([0, 1].map(() => leftBehind(t, "echo pids $$; sleep 1000")));
  const { ended } = await commandsOf(t).endOrphans(
    both.map(({ mark }) => mark),
    5_000,
  );
  for (const { mark, pids } of both) {
    assert.ok(ended.some(({ runId, pid }) => runId === mark.runId && pid === pids[0]));
    assert.equal(lives(pids[0] as number), false);
  }
});

for (const [how, table] of Object.entries(tables)) {
  test(`a process that has got the pid of a run is no orphan by ${how}`, bounded, async (t) => {
    const innocent = spawn("sleep", ["1000"], { stdio: "ignore", detached: true });
    t.after(() => innocent.kill("SIGKILL"));
    const pid = innocent.pid as number;
    const mark = { runId: newRunId(), pid, startedAt: Date.now() - 10_000 };
    const commands = commandsOf(t, { table: table() });
    assert.deepEqual(await commands.endOrphans([mark], 0), { ended: [], left: 0 });
    assert.equal(lives(pid), true);
  });
}

test("a signal goes to that very process, not to who has its pid now", bounded, async (t) => {
  const other = spawn("sleep", ["1000"], { stdio: "ignore" });
  t.after(() => other.kill("SIGKILL"));
  const table = new LinuxProcesses(systemClock);
  const row = (await table.rows()).find(({ pid }) => pid === other.pid);
  assert.ok(row !== undefined);
  assert.equal(table.signal({ ...row, start: row.start - 1 }, "SIGKILL"), false);
  assert.equal(lives(row.pid), true);
  assert.equal(table.commandOf({ ...row, start: row.start - 1 }), "");
  assert.equal(table.signal(row, "SIGKILL"), true);
});

test("a host that runs in a marked command itself is no orphan of it", bounded, async (t) => {
  const runId = newRunId();
  const script = fileURLToPath(new URL("./fixture/nested.ts", import.meta.url));
  const host = spawn(
    "bash",
    ["-c", `sleep 1000 & "${process.execPath}" "${script}" ${runId}; wait`],
    {
      env: { ...process.env, ERGATE_RUN: runId },
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    },
  );
  const [line] = await once(createInterface(host.stdout), "line");
  t.after(() => host.kill("SIGKILL"));
  assert.deepEqual(JSON.parse(line as string), ["sleep 1000"]);
});

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, "latin1");
}
