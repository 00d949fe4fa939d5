import { writeFileSync } from "node:fs";
import module from "node:module";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { messageOf } from "../lib/base/error.ts";
import { startFolder } from "../lib/cli/host.ts";
import { benchmarks } from "./benchmarks.ts";
import { type Benchmark, createBench, type Row, roundsOf, type Scale } from "./harness.ts";
import { measure } from "./process.ts";
import { machineText, reportTable } from "./report.ts";

/** Measures this machine, as `usage` says. Resolves with the exit code. */
export async function runBench(
  args: readonly string[],
  known: readonly Benchmark<never>[] = benchmarks,
  { stdout, stderr }: Pick<NodeJS.Process, "stdout" | "stderr"> | Streams = process,
): Promise<number> {
  const asked = parse(args, known);
  if (typeof asked === "string") {
    stderr.write(`${asked}\n\n${usage(known)}`);
    return 2;
  }
  if (asked.help) {
    stdout.write(usage(known));
    return 0;
  }
  stdout.write(`${machineText()}\n${scaleText[asked.scale]}\n`);
  const rows: Row[] = [];
  let faults = 0;
  for (const benchmark of asked.chosen) {
    const told = (text: string) => void stderr.write(`${benchmark.name}: ${text}\n`);
    try {
      told(benchmark.question);
      rows.push(...(await rowsOf(benchmark, asked.scale, told)));
    } catch (error) {
      faults++;
      told(`failed: ${messageOf(error)}`);
    }
    // After each one: a long run that is ended early leaves what it found.
    if (asked.file !== undefined) writeFileSync(asked.file, `${JSON.stringify(rows, null, 2)}\n`);
  }
  stdout.write(`\n${reportTable(rows)}\n`);
  return faults === 0 ? 0 : 1;
}

interface Streams {
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
}

interface Asked {
  chosen: readonly Benchmark<never>[];
  scale: Scale;
  file: string | undefined;
  help: boolean;
}

function rowsOf(
  benchmark: Benchmark<never>,
  scale: Scale,
  told: (text: string) => void,
): Promise<Row[]> {
  const { name, execArgv } = benchmark;
  const run = (side: string, input: unknown) => measure(name, side, input, execArgv);
  return benchmark.run(createBench<never>(scale, run, told));
}

/** A string says what is wrong. */
function parse(args: readonly string[], known: readonly Benchmark<never>[]): Asked | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        quick: { type: "boolean" },
        smoke: { type: "boolean" },
        json: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
    const { quick = false, smoke = false, json, help = false } = values;
    const unknown = positionals.filter((name) => !known.some((each) => each.name === name));
    if (unknown.length > 0) return `there is no benchmark ${unknown.join(", ")}`;
    if (quick && smoke) return "--quick or --smoke, not both";
    const named = known.filter(({ name }) => positionals.includes(name));
    if (json === "") return "--json needs a file";
    const file = json && resolve(startFolder(process.env, process.cwd()), json);
    const scale = smoke ? "smoke" : quick ? "quick" : "full";
    return { chosen: named.length > 0 ? named : known, scale, file, help };
  } catch (error) {
    return messageOf(error);
  }
}

const scaleText: Readonly<Record<Scale, string>> = {
  full: `medians of ${roundsOf.full} rounds; each limit measured in turn with its value`,
  quick: `quick: medians of ${roundsOf.quick} rounds with smaller sizes`,
  smoke: "smoke: tiny sizes, to see that everything runs; the figures mean nothing",
};

function usage(known: readonly Benchmark<never>[]): string {
  const width = Math.max(...known.map(({ name }) => name.length));
  const lines = known.map(({ name, question }) => `  ${name.padEnd(width)}  ${question}`);
  return `usage: bench [NAME…] [--quick | --smoke] [--json FILE]\n\n${lines.join("\n")}\n`;
}

/** Not when the command line imported it, nor in the bundle, whose entry has another name. */
if (/[\\/]bench[\\/]main\.ts$/.test(process.argv[1] ?? "")) {
  // Each side is a fresh process: without it all of them strip the types of all sources again.
  const { directory } = module.enableCompileCache();
  if (directory !== undefined) process.env.NODE_COMPILE_CACHE = directory;
  process.exitCode = await runBench(process.argv.slice(2));
}
