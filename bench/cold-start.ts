import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../lib/base/clock.ts";
import { median } from "./figures.ts";
import { type Benchmark, column, compare, type Figures } from "./harness.ts";

interface Input {
  starts: number;
  kind: "loop" | "thread";
}

/** Of the built package: from the sources Node strips types first, which no user waits for. */
export const coldStart: Benchmark<Input> = {
  name: "cold-start",
  question: "how long from a process's start to its first job done?",
  sides: {
    bare: (input, folder) => starts("cold-bare-entry.js", input, folder),
    ours: (input, folder) => starts("cold-ergate-entry.js", input, folder),
  },
  async run(bench) {
    const build = builtPackage();
    const count = bench.size(5, 3, 1);
    const loop: Input = { starts: count, kind: "loop" };
    const thread: Input = { starts: count, kind: "thread" };
    const [limit, inLoop, inThread] = await bench.interleave([
      ["bare", loop],
      ["ours", loop],
      ["ours", thread],
    ]);
    const row = (job: string, figures: Figures[], most?: number) =>
      compare(bench.scale, {
        name: `cold start, ${job} job`,
        settings: { durability: "fsync", dist: build, starts: count },
        unit: "ms",
        against: "bare better-sqlite3 (insert, claim, settle) and one Piscina task",
        value: column(figures, "ms"),
        limit: column(limit, "ms"),
        ...(most === undefined ? {} : { most }),
      });
    return [row("loop", inLoop, 1.5), row("thread", inThread)];
  },
};

/** In the built package this file lies in dist already. */
const isBuilt = import.meta.url.endsWith(".js");
const dist = fileURLToPath(new URL(isBuilt ? "./" : "../dist/", import.meta.url));

/** Says what is measured. From the sources, a dist that is missing or older is built anew. */
function builtPackage(): string {
  if (isBuilt) return "as installed";
  const root = fileURLToPath(new URL("../", import.meta.url));
  const entry = join(dist, "cold-ergate-entry.js");
  const sources = globSync("{lib,actors,bench,.ci}/**/*.ts", { cwd: root });
  const newest = Math.max(...sources.map((file) => statSync(join(root, file)).mtimeMs));
  if (existsSync(entry) && statSync(entry).mtimeMs > newest) return "as built before";
  execFileSync(process.execPath, [join(root, ".ci/build.ts")], { cwd: root, stdio: "ignore" });
  return "built for this run";
}

/** The first start is not counted: it brings the files into memory. */
async function starts(entry: string, { starts: count, kind }: Input, folder: string) {
  const samples: number[] = [];
  for (let start = 0; start <= count; start++) {
    const own = join(folder, String(start));
    mkdirSync(own);
    const ms = await startMs([join(dist, entry), own, kind]);
    if (start > 0) samples.push(ms);
  }
  return { ms: median(samples) };
}

/** Until it says that its first job is done. No cache of compiled code: as if it were the first. */
async function startMs(args: readonly string[]): Promise<number> {
  const { NODE_COMPILE_CACHE: _cache, ...env } = process.env;
  const started = systemClock.monotonic();
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const [said] = await Promise.race([once(child.stdout, "data"), exited]);
  const ms = systemClock.monotonic() - started;
  const [code] = await exited;
  if (code !== 0 || !String(said).startsWith("done")) throw new Error(`${args[0]}: ended ${code}`);
  return ms;
}
