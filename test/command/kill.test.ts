import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { systemClock } from "../../lib/base/clock.ts";
import { limits } from "../../lib/base/limits.ts";
import { commandFault } from "../../lib/command/end.ts";
import { ListedProcesses } from "../../lib/command/listed-processes.ts";
import { asked, lives, newRunId, until, Watched } from "./kit.ts";

const bounded = { timeout: 30_000 };

/** The pids that a line names, as `pids 1 2`. */
async function pidsOf(watched: Watched): Promise<number[]> {
  const [, pids = ""] = await watched.line(/^pids (.*)$/);
  return pids.trim().split(" ").map(Number);
}

/** Kills what a test leaves alive on purpose. */
function killLater(t: TestContext, pid: number): void {
  t.after(() => {
    if (lives(pid)) process.kill(pid, "SIGKILL");
  });
}

test("a kill ends a shell and its children at once", bounded, async (t) => {
  const watched = new Watched(t, { command: "sleep 1000 & echo pids $$ $!; sleep 1000" });
  const pids = await pidsOf(watched);
  assert.deepEqual(pids.map(lives), [true, true]);
  assert.equal(watched.run.kill(asked), true);
  const end = await watched.ended;
  assert.ok(end.type === "killed" && end.signal === "SIGTERM" && end.left === 0);
  assert.deepEqual(end.why, asked);
  assert.ok(end.endedAt - Number(end.startedAt) < limits.commandGraceMs);
  assert.deepEqual(pids.map(lives), [false, false]);
  assert.equal(commandFault(end)?.code, "ERR_ERGATE_RUN_STOPPED");
  assert.equal(watched.run.kill(asked), true);
});

const escapees = {
  "a child in a session of its own": "setsid sleep 1000 & echo pids $!; wait",
  "a daemon that forked twice": "setsid bash -c 'sleep 1000 & echo pids $!' & wait $!; sleep 1000",
  "a child with an environment of its own": "env -i setsid sleep 1000 & echo pids $!; wait",
  "a daemon whose pipes are its own":
    "setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo pids $!; wait",
};

for (const [who, command] of Object.entries(escapees)) {
  test(`a kill reaches ${who}`, bounded, async (t) => {
    const watched = new Watched(t, { command });
    const pids = await pidsOf(watched);
    watched.run.kill(asked);
    const end = await watched.ended;
    assert.ok(end.type === "killed" && end.left === 0);
    assert.deepEqual(pids.map(lives), [false]);
  });
}

test("what ignores TERM gets KILL after the grace, in another session too", bounded, async (t) => {
  const stubborn = 'trap "" TERM; echo pids $$; while :; do sleep 1000; done';
  const command = `setsid bash -c '${stubborn}' & trap "" TERM; echo main $$; wait`;
  const watched = new Watched(t, { command, grace: 200 });
  const pids = await pidsOf(watched);
  const [, main] = await watched.line(/^main (\d+)$/);
  const before = systemClock.monotonic();
  watched.run.kill(asked);
  const end = await watched.ended;
  assert.ok(systemClock.monotonic() - before >= 200);
  assert.ok(end.type === "killed" && end.signal === "SIGKILL" && end.left === 0);
  assert.deepEqual([...pids, Number(main)].map(lives), [false, false]);
});

test("a program that uses its grace says its last words and ends by itself", bounded, async (t) => {
  const command = "trap 'echo saved; exit 0' TERM; echo ready; while :; do sleep 0.01; done";
  const watched = new Watched(t, { command });
  await watched.line(/^ready$/);
  watched.run.kill(asked);
  const end = await watched.ended;
  assert.ok(end.type === "killed" && end.exitCode === 0 && end.signal === undefined);
  assert.equal(watched.texts.at(-1), "saved");
});

test("a program hears TERM once", bounded, async (t) => {
  const script =
    "$SIG{TERM} = sub { print qq(term\\n) }; $| = 1; print qq(ready\\n); sleep 9 while 1";
  const watched = new Watched(t, { argv: ["perl", "-e", script] });
  await watched.line(/^ready$/);
  watched.run.kill(asked, 300);
  await watched.ended;
  assert.deepEqual(watched.texts, ["ready", "term"]);
});

test("a second kill shortens the grace, and the first one's reason stays", bounded, async (t) => {
  const watched = new Watched(t, { command: "trap '' TERM; echo ready; while :; do :; done" });
  await watched.line(/^ready$/);
  watched.run.kill(asked, 3_600_000);
  watched.run.kill({ asked: "shutdown", reason: "later" }, 0);
  const end = await watched.ended;
  assert.ok(end.type === "killed" && end.signal === "SIGKILL");
  assert.deepEqual(end.why, asked);
});

test("a stopped program takes its TERM", bounded, async (t) => {
  const watched = new Watched(t, {
    command: "trap 'echo saved; exit 0' TERM; echo pids $$; kill -STOP $$",
  });
  const [pid = 0] = await pidsOf(watched);
  await until(t, () => /\) T /.test(statOf(pid)));
  watched.run.kill(asked, 3_600_000);
  const end = await watched.ended;
  assert.ok(end.type === "killed" && end.exitCode === 0);
});

test("a kill before the start keeps it from starting", async (t) => {
  const file = join(tmpdir(), newRunId());
  const watched = new Watched(t, { command: `touch ${file}` });
  assert.equal(watched.run.kill(asked), true);
  const end = await watched.ended;
  assert.equal(end.type, "unstarted");
  assert.equal(end.startedAt, undefined);
  assert.equal(watched.mark, undefined);
  assert.equal(existsSync(file), false);
  assert.equal(commandFault(end)?.code, "ERR_ERGATE_RUN_STOPPED");
});

test("a timeout kills the tree, and says so", bounded, async (t) => {
  const watched = new Watched(t, {
    command: "setsid sleep 1000 & echo pids $!; wait",
    timeout: 300,
  });
  const pids = await pidsOf(watched);
  const end = await watched.ended;
  assert.ok(end.type === "killed" && end.why.asked === "timeout");
  assert.deepEqual(pids.map(lives), [false]);
  assert.equal(commandFault(end)?.code, "ERR_ERGATE_RUN_TIMEOUT");
  assert.match(String(commandFault(end)?.message), /longer than its timeout of 300 ms/);
});

test("a run ends although a process in the background holds its pipe", bounded, async (t) => {
  const watched = new Watched(t, { command: "sleep 1000 & echo pids $!" });
  const [pid = 0] = await pidsOf(watched);
  killLater(t, pid);
  const end = await watched.ended;
  assert.ok(end.type === "exited" && end.exitCode === 0);
  assert.equal(end.isHeld, true);
  assert.equal(lives(pid), true);
  assert.equal(watched.run.kill(asked), false);
});

test("what the background writes soon after the program's end is kept", bounded, async (t) => {
  const watched = new Watched(t, { command: "{ sleep 0.1; echo late; } & echo main" });
  const end = await watched.ended;
  assert.equal(end.isHeld, false);
  assert.deepEqual(watched.texts, ["main", "late"]);
});

test("a kill after the program's end ends what it left in the background", bounded, async (t) => {
  const watched = new Watched(t, { command: "sleep 1000 & echo pids $!" });
  const [pid = 0] = await pidsOf(watched);
  // Once it was waited for: its end has been told in that turn.
  await until(t, () => !existsSync(`/proc/${watched.run.pid}`));
  assert.equal(watched.run.kill(asked), false);
  const end = await watched.ended;
  assert.ok(end.type === "exited" && end.exitCode === 0);
  assert.equal(end.isHeld, false);
  assert.equal(lives(pid), false);
});

test("a kill leaves other commands alone", bounded, async (t) => {
  const [one, other] = [0, 1].map(() => new Watched(t, { command: "echo pids $$; sleep 1000" }));
  const [mine = 0] = await pidsOf(one as Watched);
  const [theirs = 0] = await pidsOf(other as Watched);
  one?.run.kill(asked);
  await one?.ended;
  assert.deepEqual([lives(mine), lives(theirs)], [false, true]);
});

test(
  "where there is no /proc the group is ended, and what descends from it",
  bounded,
  async (t) => {
    const command = "sleep 1000 & setsid sleep 1000 & echo pids $$ $! $(jobs -p); wait";
    const watched = new Watched(t, { command, grace: 200 }, { table: new ListedProcesses() });
    const pids = await pidsOf(watched);
    assert.equal(pids.length, 4);
    watched.run.kill(asked);
    const end = await watched.ended;
    assert.ok(end.type === "killed" && end.left === 0);
    assert.deepEqual(pids.map(lives), [false, false, false, false]);
    assert.equal(end.usage, undefined);
  },
);

function statOf(pid: number): string {
  return readFileSync(`/proc/${pid}/stat`, "latin1");
}
