import { hostname } from "node:os";
import { limits } from "../lib/base/limits.ts";
import { version } from "../lib/base/version.ts";
import type { NewWorker } from "../lib/protocol/write.ts";
import type { Settings } from "./options.ts";

/** This process as it enters itself into the file. `jobs`: the names that it runs. */
export function newWorker(
  { clock, concurrency, threads }: Settings,
  id: string,
  jobs: readonly string[],
  declared: string | undefined,
): NewWorker {
  const startedAt = clock.now();
  return {
    ...{ id, host: hostname(), pid: process.pid, version, concurrency, threads, startedAt },
    leaseUntil: startedAt + limits.leaseMs,
    ...{ jobs, declared },
  };
}
