import { messageOf } from "../lib/base/error.ts";
import { benchmarks } from "./benchmarks.ts";
import type { SideAnswer } from "./process.ts";

/**
 * The process of one side: `BENCHMARK SIDE INPUT FOLDER`. Started by hand (under `--cpu-prof`, say)
 * it prints its figures.
 */
const [name, side, input = "{}", folder = "."] = process.argv.slice(2);

answer(await measured());

async function measured(): Promise<SideAnswer> {
  try {
    const run = benchmarks.find((benchmark) => benchmark.name === name)?.sides[side ?? ""];
    if (run === undefined) return { fault: `there is no side ${name} ${side}` };
    return { figures: await run(JSON.parse(input) as never, folder) };
  } catch (error) {
    return { fault: error instanceof Error ? (error.stack ?? error.message) : messageOf(error) };
  }
}

function answer(value: SideAnswer): void {
  if (process.send === undefined) console.log(JSON.stringify(value));
  // What a side leaves open (threads, a pool) needs no end of its own: the process ends.
  else process.send(value, () => process.exit());
}
