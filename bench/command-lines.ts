import { spawn } from "node:child_process";
import { once } from "node:events";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { systemClock } from "../lib/base/clock.ts";
import { Commands } from "../lib/command/commands.ts";
import { parseCommand } from "../lib/job/command.ts";
import { rounded, spreadOf } from "./figures.ts";
import { type Bench, type Benchmark, column, compare, type Figures, type Row } from "./harness.ts";
import { after } from "./ours.ts";

interface Input {
  lines: number;
  seconds: number;
}

export const commandLines: Benchmark<Input> = {
  name: "command-lines",
  question: "how many lines do ten commands bring, and how long do they hold the loop?",
  sides: { bare, ours, idle, paced },
  async run(bench) {
    const input = { lines: bench.size(200_000, 50_000, 1_000), seconds: bench.size(5, 2, 1) };
    const [limit, own, quiet, busy] = await bench.interleave([
      ["bare", input],
      ["ours", input],
      ["idle", input],
      ["paced", input],
    ]);
    const row = compare(bench.scale, {
      name: "lines of ten commands, as fast as they write",
      settings: { commands: count, lines: input.lines * count, bytes: lineBytes },
      unit: "lines/s",
      against: "bare spawns whose chunks are decoded and split",
      value: column(own, "perSecond"),
      limit: column(limit, "perSecond"),
    });
    return [row, stallRow(bench, column(quiet, "max"), column(busy, "max"))];
  },
};

export const count = 10;
export const lineBytes = 100;
export const linesASecond = 100_000;
const mostMs = 10;
export const settleMs = 50;

const line = "x".repeat(lineBytes - 1);
export const flood = (lines: number) => `yes ${line} | head -n ${lines}`;
/** A share of the lines ten times a second, all commands at once. */
export const pace = (seconds: number) =>
  `block=$(yes ${line} | head -n ${linesASecond / count / 10}); ` +
  `for turn in $(seq ${seconds * 10}); do echo "$block"; sleep 0.1; done`;

/** The best of the rounds: a longest stall only ever grows with what else the machine does. */
export function stallRow(
  bench: Pick<Bench<never>, "scale">,
  idleMs: number[],
  busyMs: number[],
): Row {
  const limit = Math.min(...idleMs);
  const value = Math.min(...busyMs) - limit;
  return {
    name: "longest stall of the event loop",
    settings: { commands: count, "lines/s": linesASecond, best: `of ${busyMs.length}` },
    value: rounded(value),
    unit: "ms",
    limit: rounded(limit),
    ratio: rounded((value + limit) / limit),
    reach: mostMs,
    met: bench.scale === "smoke" ? null : value <= mostMs,
    direction: "at most",
    of: "value",
    against: "more than the longest of an idle process",
    rounds: busyMs.length,
    spread: spreadOf(busyMs.map((ms) => rounded(ms - limit))),
  };
}

async function bare({ lines }: Input): Promise<Figures> {
  return perSecond(lines, async () => {
    const child = spawn("/bin/bash", ["-c", flood(lines)], { stdio: ["ignore", "pipe", "ignore"] });
    let [rest, found] = ["", 0];
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      const whole = (rest + chunk).split("\n");
      rest = whole.pop() as string;
      found += whole.length;
    });
    await once(child, "close");
    return found;
  });
}

async function ours({ lines }: Input): Promise<Figures> {
  const commands = new Commands({ clock: systemClock });
  return perSecond(lines, () => linesOf(commands, { command: flood(lines) }));
}

async function perSecond(lines: number, run: () => Promise<number>): Promise<Figures> {
  const before = systemClock.monotonic();
  await all(lines, run);
  return { perSecond: (lines * count * 1_000) / (systemClock.monotonic() - before) };
}

/** None may be missing. */
async function all(lines: number, run: () => Promise<number>): Promise<void> {
  for (const found of await Promise.all(Array.from({ length: count }, run))) {
    if (found !== lines) throw new Error(`${found} of ${lines} lines came`);
  }
}

let runs = 0;

async function linesOf(commands: Commands, options: object): Promise<number> {
  let found = 0;
  const facts = { jobId: "j", attempt: 1, plannedAt: undefined, args: undefined };
  const spec = parseCommand(options, "command");
  const run = commands.start(
    spec,
    { runId: `bench-${runs++}`, ...facts },
    {
      lines(_stream, lines) {
        found += lines.length;
        return true;
      },
    },
  );
  const end = await run.ended;
  if (end.type !== "exited" || end.exitCode !== 0) throw new Error(`it ended by ${end.type}`);
  return found;
}

async function paced({ seconds }: Input): Promise<Figures> {
  const commands = new Commands({ clock: systemClock });
  const lines = (linesASecond / count) * seconds;
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  const running = all(lines, () => linesOf(commands, { command: pace(seconds) }));
  // The starts hold the loop for as long as the system takes to fork: that is not theirs.
  await after(settleMs * 2);
  histogram.enable();
  await running;
  histogram.disable();
  return { max: histogram.max / 1e6 };
}

export async function idle({ seconds }: Pick<Input, "seconds">): Promise<Figures> {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await after(seconds * 1_000);
  histogram.disable();
  return { max: histogram.max / 1e6 };
}
