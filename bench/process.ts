import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "../lib/base/error.ts";
import { sibling } from "../lib/base/sibling.ts";
import type { Figures } from "./harness.ts";

/** Longer is a side that hangs: building two million rows takes half a minute on a slow disk. */
const sideMs = 10 * 60_000;

/** What a side's process answers. */
export type SideAnswer = { figures: Figures } | { fault: string };

/** Measures one side in a fresh process, in a folder that is deleted afterwards. */
export async function measure(
  benchmark: string,
  side: string,
  input: unknown,
  execArgv: readonly string[] = [],
): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), "ergate-bench-"));
  try {
    const answer = await answerOf([benchmark, side, JSON.stringify(input), folder], execArgv);
    if ("figures" in answer) return answer.figures;
    throw new Error(`${benchmark}, side ${side}: ${answer.fault}`);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** What a side prints goes to stderr: stdout holds the table. */
function answerOf(args: readonly string[], execArgv: readonly string[]): Promise<SideAnswer> {
  return new Promise((resolve) => {
    const child = fork(sibling(import.meta.url, "./bench-side-entry"), args, {
      execArgv: [...execArgv],
      stdio: ["ignore", 2, 2, "ipc"],
      timeout: sideMs,
    });
    child.on("message", (answer) => resolve(answer as SideAnswer));
    child.on("error", (error) => resolve({ fault: messageOf(error) }));
    child.on("close", (code, signal) => resolve({ fault: `it ended with ${signal ?? code}` }));
  });
}
