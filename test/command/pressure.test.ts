import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { systemClock } from "../../lib/base/clock.ts";
import { limits } from "../../lib/base/limits.ts";
import { Commands } from "../../lib/command/commands.ts";
import { LinuxProcesses } from "../../lib/command/linux-processes.ts";
import { parseCommand } from "../../lib/job/command.ts";
import { asked, commandsOf, factsOf, newRunId, until, Watched } from "./kit.ts";

const bounded = { timeout: 60_000 };
const isBlocked = (pid: number) => /pipe_write/.test(readFileSync(`/proc/${pid}/wchan`, "latin1"));

test("a program waits in its write while the consumer takes no more", bounded, async (t) => {
  const watched = new Watched(t, { argv: ["yes"] }, { takesMore: () => false });
  await watched.line(/^y$/);
  await until(t, () => isBlocked(watched.run.pid as number));
  const taken = watched.lines.length;
  assert.ok(taken <= limits.commandReadBytes / 2, `${taken} lines in one read`);
  watched.run.more();
  await until(t, () => watched.lines.length > taken && isBlocked(watched.run.pid as number));
  assert.ok(watched.lines.length <= limits.commandReadBytes);
});

test(
  "a consumer that is full after each batch still gets every line in order",
  bounded,
  async (t) => {
    const watched = new Watched(
      t,
      { command: "seq 100000" },
      {
        takesMore() {
          systemClock.after(0, () => watched.run.more());
          return false;
        },
      },
    );
    const end = await watched.ended;
    assert.equal(end.isHeld, false);
    assert.equal(watched.lines.length, 100_000);
    assert.ok(watched.texts.every((text, at) => text === String(at + 1)));
  },
);

test("a full consumer pauses both streams", bounded, async (t) => {
  const facts = { runId: newRunId() };
  const watched = new Watched(t, { command: "yes & yes >&2" }, { facts, takesMore: () => false });
  const table = new LinuxProcesses(systemClock);
  await until(t, async () => {
    const members = (await table.rows()).filter(({ mark }) => mark === facts.runId);
    return members.filter(({ pid }) => isBlocked(pid)).length === 2;
  });
  const streams = new Set(watched.lines.map(({ stream }) => stream));
  assert.equal(streams.size, 1);
});

test("the rest of an ended program waits for a full consumer, however long", bounded, async (t) => {
  let isFull = true;
  const watched = new Watched(t, { command: "seq 9000" }, { takesMore: () => !isFull });
  await watched.line(/^1$/);
  const taken = watched.lines.length;
  assert.ok(taken < 9_000);
  let isOver = false;
  void watched.ended.then(() => {
    isOver = true;
  });
  const from = systemClock.monotonic();
  await until(t, () => systemClock.monotonic() - from > limits.commandDrainMs + 500);
  assert.equal(isOver, false);
  isFull = false;
  watched.run.more();
  const end = await watched.ended;
  assert.equal(watched.lines.length, 9_000);
  assert.equal(end.isHeld, false);
});

test("a flood in the background doesn't keep the run from its end", bounded, async (t) => {
  const watched = new Watched(
    t,
    { command: "yes & echo pids $!" },
    {
      takesMore() {
        systemClock.after(20, () => watched.run.more());
        return false;
      },
    },
  );
  const [, pid] = await watched.line(/^pids (\d+)$/);
  t.after(() => process.kill(Number(pid), "SIGKILL"));
  const end = await watched.ended;
  assert.equal(end.isHeld, true);
});

test("a kill ends a run whose consumer takes nothing", bounded, async (t) => {
  const watched = new Watched(t, { argv: ["yes"] }, { takesMore: () => false });
  await watched.line(/^y$/);
  watched.run.kill(asked);
  const end = await watched.ended;
  assert.ok(end.type === "killed" && end.signal === "SIGTERM");
});

test("ten commands' lines come whole and in order while they write at once", bounded, async (t) => {
  const each = 20_000;
  const all = Array.from({ length: 10 }, () => new Watched(t, { command: `seq ${each}` }));
  await Promise.all(all.map(({ ended }) => ended));
  for (const { texts } of all) {
    assert.equal(texts.length, each);
    assert.ok(texts.every((text, at) => text === String(at + 1)));
  }
});

test("a hundred runs leave no file descriptor behind", bounded, async (t) => {
  const openFiles = () => readdirSync("/proc/self/fd").length;
  const commands = new Commands({ clock: systemClock });
  const runOne = (argv: string[], kills = false) => {
    const events = { lines: () => true };
    const run = commands.start(parseCommand({ argv, stdin: "x" }, "c"), factsOf(), events);
    if (kills) run.kill(asked);
    return run.ended;
  };
  await runOne(["true"]);
  const before = openFiles();
  for (let round = 0; round < 10; round++) {
    const runs = Array.from({ length: 10 }, (_, at) =>
      runOne([at === 3 ? "no-such-program" : "cat"], at === 5),
    );
    await Promise.all(runs);
  }
  await until(t, () => openFiles() <= before + 2 * limits.commandPipesAhead);
  commands.close();
  await until(t, () => openFiles() < before);
});

test("runs that start together share what is made ahead", bounded, async (t) => {
  const commands = commandsOf(t);
  const spec = parseCommand({ argv: ["cat"], stdin: "hello" }, "c");
  const runs = Array.from({ length: 60 }, () =>
    commands.start(spec, factsOf(), { lines: () => true }),
  );
  for (const { ended } of runs) assert.equal((await ended).output, "hello");
});
