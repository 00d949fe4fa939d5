import { busCases } from "./conformance/bus.ts";
import { claimCases } from "./conformance/claim.ts";
import { commandCases } from "./conformance/command.ts";
import { conflictCases } from "./conformance/conflict.ts";
import { crashCases } from "./conformance/crash.ts";
import { deadCases } from "./conformance/dead.ts";
import { depthCases } from "./conformance/depth.ts";
import { enqueueCases } from "./conformance/enqueue.ts";
import { fairCases } from "./conformance/fair.ts";
import { hookCases } from "./conformance/hook.ts";
import { limitCases } from "./conformance/limit.ts";
import { lockCases } from "./conformance/lock.ts";
import { modelCases } from "./conformance/model.ts";
import { moveCases } from "./conformance/move.ts";
import { orphanCases } from "./conformance/orphan.ts";
import { periodCases } from "./conformance/period.ts";
import { pruneCases } from "./conformance/prune.ts";
import { readCases } from "./conformance/read.ts";
import { scheduleCases } from "./conformance/schedule.ts";
import { settleCases } from "./conformance/settle.ts";
import { slotCases } from "./conformance/slots.ts";
import { uniqueCases } from "./conformance/unique.ts";
import { walkCases } from "./conformance/walk.ts";
import { whyCases } from "./conformance/why.ts";
import { workerCases } from "./conformance/worker.ts";
import { type Harness, runCases } from "./kit.ts";

/**
 * What every storage engine must do, as one suite. It sees an engine only through the port, and takes
 * several stores on one storage for several processes.
 */
export function conformance(name: string, harness: Harness): void {
  runCases(name, harness, [
    ...enqueueCases,
    ...claimCases,
    ...fairCases,
    ...limitCases,
    ...settleCases,
    ...moveCases,
    ...workerCases,
    ...crashCases,
    ...orphanCases,
    ...commandCases,
    ...pruneCases,
    ...readCases,
    ...uniqueCases,
    ...periodCases,
    ...conflictCases,
    ...deadCases,
    ...depthCases,
    ...slotCases,
    ...scheduleCases,
    ...whyCases,
    ...walkCases,
    ...lockCases,
    ...hookCases,
    ...busCases,
    ...modelCases,
  ]);
}
