import { spawn } from "node:child_process";
import { once } from "node:events";
import { systemClock } from "../lib/base/clock.ts";
import { Commands } from "../lib/command/commands.ts";
import { parseCommand } from "../lib/job/command.ts";
import { median } from "./figures.ts";
import { type Benchmark, column, compare, type Figures } from "./harness.ts";

interface Input {
  starts: number;
}

export const commandStart: Benchmark<Input> = {
  name: "command-start",
  question: "what does a command cost, beside a bare spawn?",
  sides: { bare, ours },
  async run(bench) {
    const input = { starts: bench.size(500, 200, 10) };
    const [limit, own] = await bench.interleave([
      ["bare", input],
      ["ours", input],
    ]);
    const row = compare(bench.scale, {
      name: "start to end of a command",
      settings: { command: text, starts: input.starts },
      unit: "ms",
      against: "a bare spawn of the same shell, its output read",
      value: column(own, "ms"),
      limit: column(limit, "ms"),
      most: 2,
    });
    return [row];
  },
};

const text = "echo done";

async function bare({ starts }: Input): Promise<Figures> {
  return each(starts, async () => {
    const child = spawn("/bin/bash", ["-c", text], { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stdout.on("data", (chunk) => {
      said += chunk;
    });
    child.stderr.resume();
    await once(child, "close");
    return said;
  });
}

async function ours({ starts }: Input): Promise<Figures> {
  const commands = new Commands({ clock: systemClock });
  const spec = parseCommand({ command: text }, "command");
  return each(starts, async (start) => {
    const facts = { runId: `r${start}`, jobId: "j", attempt: 1, plannedAt: undefined };
    const run = commands.start(spec, { ...facts, args: undefined }, { lines: () => true });
    return (await run.ended).output;
  });
}

/** One after the other. The first is not counted: it loads what the others find in memory. */
async function each(starts: number, run: (start: number) => Promise<string>): Promise<Figures> {
  const samples: number[] = [];
  for (let start = 0; start <= starts; start++) {
    const before = systemClock.monotonic();
    const said = await run(start);
    if (said !== "done\n") throw new Error(`the command said ${JSON.stringify(said)}`);
    if (start > 0) samples.push(systemClock.monotonic() - before);
  }
  return { ms: median(samples) };
}
