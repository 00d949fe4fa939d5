import { actorLimits } from "./actor-limits.ts";
import { busLimits } from "./bus-limits.ts";
import { commandLimits } from "./command-limits.ts";
import { cronLimits } from "./cron-limits.ts";
import { demoLimits } from "./demo-limits.ts";
import { hookLimits } from "./hook-limits.ts";
import { httpLimits } from "./http-limits.ts";
import { jobLimits } from "./job-limits.ts";
import { jobserviceLimits } from "./jobservice-limits.ts";
import { lockLimits } from "./lock-limits.ts";
import { logLimits } from "./log-limits.ts";
import { storeLimits } from "./store-limits.ts";
import { testLimits } from "./test-limits.ts";
import { threadLimits } from "./thread-limits.ts";

/**
 * Every bound of the runtime, each with the reason for its number in the table of its concern
 * beside this file. Nothing is unbounded.
 */
export const limits = {
  ...jobLimits,
  ...actorLimits,
  ...storeLimits,
  ...threadLimits,
  ...logLimits,
  ...lockLimits,
  ...busLimits,
  ...cronLimits,
  ...commandLimits,
  ...httpLimits,
  ...hookLimits,
  ...jobserviceLimits,
  ...demoLimits,
  ...testLimits,
} as const;
