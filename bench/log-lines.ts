import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import Database from "better-sqlite3";
import { logSinkActor } from "../actors/log-sink.ts";
import { soon, systemClock } from "../lib/base/clock.ts";
import { limits } from "../lib/base/limits.ts";
import { Commands } from "../lib/command/commands.ts";
import { parseCommand } from "../lib/job/command.ts";
import { System } from "../lib/kernel/system.ts";
import { LogCollector } from "../lib/log/collector.ts";
import { Forgets } from "../lib/log/forgets.ts";
import { openLogStore } from "../lib/log/store.ts";
import {
  count,
  flood,
  idle,
  lineBytes,
  linesASecond,
  pace,
  settleMs,
  stallRow,
} from "./command-lines.ts";
import { type Bench, type Benchmark, column, compare, type Figures, type Row } from "./harness.ts";
import { after } from "./ours.ts";

interface Input {
  lines: number;
  seconds: number;
}

export const logLines: Benchmark<Input> = {
  name: "log-lines",
  question: "how many lines of ten commands are on disk a second, none missing, at what stall?",
  sides: { bare, ours, idle, paced },
  async run(bench) {
    const input = { lines: bench.size(100_000, 50_000, 1_000), seconds: bench.size(5, 2, 1) };
    const [limit, own, quiet, busy] = await bench.interleave([
      ["bare", input],
      ["ours", input],
      ["idle", input],
      ["paced", input],
    ]);
    const value = column(own, "perSecond");
    const row = storedRow(bench, input, value, column(limit, "perSecond"));
    return [row, stallRow(bench, column(quiet, "max"), column(busy, "max"))];
  },
};

/** Judged by what it must carry: the limit has neither pipes nor another thread. */
function storedRow(bench: Bench<Input>, { lines }: Input, value: number[], limit: number[]): Row {
  const row = compare(bench.scale, {
    name: "stored lines of ten commands, as fast as they write",
    settings: { commands: count, lines: lines * count, bytes: lineBytes },
    unit: "lines/s",
    against: "bare inserts of the same lines, a hundred a row, in one thread",
    value,
    limit,
  });
  const met = bench.scale === "smoke" ? null : row.value >= linesASecond;
  return { ...row, reach: linesASecond, met, direction: "at least", of: "value" };
}

const linesOfRow = limits.logBatchLines;

async function bare({ lines }: Input, folder: string): Promise<Figures> {
  const db = new Database(join(folder, "bare.db"));
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = NORMAL");
  db.exec("CREATE TABLE chunk (no INTEGER PRIMARY KEY, job TEXT, at INTEGER, body TEXT)");
  const insert = db.prepare("INSERT INTO chunk (job, at, body) VALUES (?, ?, ?)");
  const body = `0oi${lineBytes}:${"x".repeat(lineBytes - 1)}\n`.repeat(linesOfRow);
  const commit = db.transaction(() => {
    for (let job = 0; job < count; job++) insert.run(`job ${job}`, systemClock.now(), body);
  });
  const before = systemClock.monotonic();
  for (let left = lines; left > 0; left -= linesOfRow) commit.immediate();
  const perSecond = (lines * count * 1_000) / (systemClock.monotonic() - before);
  db.close();
  return { perSecond };
}

async function ours({ lines }: Input, folder: string): Promise<Figures> {
  const path = openPath(folder);
  const before = systemClock.monotonic();
  await path.carry(flood(lines));
  const perSecond = (lines * count * 1_000) / (systemClock.monotonic() - before);
  await path.close(lines * count);
  return { perSecond };
}

async function paced({ seconds }: Input, folder: string): Promise<Figures> {
  const path = openPath(folder);
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  const carried = path.carry(pace(seconds));
  // The starts hold the loop for as long as the system takes to fork: that is not theirs.
  await after(settleMs * 2);
  histogram.enable();
  await carried;
  histogram.disable();
  await path.close(linesASecond * seconds);
  return { max: histogram.max / 1e6 };
}

/** The whole way of a line, from a command's pipe to the log's file. */
function openPath(folder: string) {
  const file = join(folder, "app.db-logs");
  const store = openLogStore({ file, namespace: "default" });
  const system = new System({ clock: systemClock, dispatch: soon });
  const wake = () => void ref.tell({ type: "lines" });
  const collector = new LogCollector({ clock: systemClock, wake, attemptBytes: 2 ** 40 });
  const parts = { store, collector, forgets: new Forgets(), logger: silent };
  const retention = { ageMs: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
  const sink = logSinkActor({ ...parts, retention, commitTimeoutMs: limits.logCommitMs });
  const ref = system.spawn("log-sink", sink);
  const commands = new Commands({ clock: systemClock });
  return {
    async carry(command: string): Promise<void> {
      const each = Array.from({ length: count }, (_, at) =>
        logged(commands, collector, command, at),
      );
      await Promise.all(each);
      await collector.flush();
    },
    async close(lines: number): Promise<void> {
      await system.close(limits.actorGraceMs);
      await store.close();
      const stored = storedIn(file);
      if (stored !== lines) throw new Error(`${stored} of ${lines} lines are stored`);
    },
  };
}

/** As a command's job does it: where the log is behind, the pipe stays unread. */
async function logged(commands: Commands, collector: LogCollector, command: string, at: number) {
  const spec = parseCommand({ command }, "command");
  const log = collector.run(`job ${at}`, 1);
  const facts = {
    runId: `bench-${at}`,
    jobId: log.id,
    attempt: 1,
    plannedAt: undefined,
    args: undefined,
  };
  const run = commands.start(spec, facts, {
    lines(stream, lines, time) {
      for (const line of lines) log.line(time, stream, "info", line);
      if (!collector.behind()) return true;
      void collector.room().then(() => run.more());
      return false;
    },
  });
  const end = await run.ended;
  if (end.type !== "exited" || end.exitCode !== 0) throw new Error(`it ended by ${end.type}`);
}

function storedIn(file: string): number {
  const db = new Database(file, { readonly: true });
  const lines = db.prepare("SELECT SUM(lines) FROM log_chunk").pluck().get() as number;
  db.close();
  return lines;
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
