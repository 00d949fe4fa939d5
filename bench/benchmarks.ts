import { claimCost } from "./claim-cost.ts";
import { claimLimits } from "./claim-limits.ts";
import { coldStart } from "./cold-start.ts";
import { commandLines } from "./command-lines.ts";
import { commandStart } from "./command-start.ts";
import { cronNext } from "./cron-next.ts";
import { deadList } from "./dead-list.ts";
import { drain } from "./drain.ts";
import { enqueue } from "./enqueue.ts";
import type { Benchmark } from "./harness.ts";
import { httpEvents } from "./http-events.ts";
import { httpGet } from "./http-get.ts";
import { httpPost } from "./http-post.ts";
import { idleLatency } from "./idle-latency.ts";
import { logLines } from "./log-lines.ts";
import { loopStall } from "./loop-stall.ts";
import { memory } from "./memory.ts";
import { mixed } from "./mixed.ts";
import { readWhileDraining } from "./read-while-draining.ts";
import { schedules } from "./schedules.ts";
import { threadCpu } from "./thread-cpu.ts";
import { threadOverhead } from "./thread-overhead.ts";
import { uniqueEnqueue } from "./unique-enqueue.ts";

/** In the order of the table. */
export const benchmarks: readonly Benchmark<never>[] = [
  enqueue,
  uniqueEnqueue,
  drain,
  mixed,
  idleLatency,
  coldStart,
  threadOverhead,
  threadCpu,
  loopStall,
  claimCost,
  deadList,
  claimLimits,
  cronNext,
  schedules,
  readWhileDraining,
  memory,
  commandStart,
  commandLines,
  logLines,
  httpPost,
  httpGet,
  httpEvents,
];
