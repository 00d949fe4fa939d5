import { ErgateError } from "../../base/error.ts";
import type { BusWrite } from "../../protocol/bus.ts";
import type { CommandWrite } from "../../protocol/command.ts";
import type { HookWrite } from "../../protocol/hook.ts";
import type { QueueWrite, Write, WriteAnswer } from "../../protocol/write.ts";
import { writeBus } from "../bus.ts";
import { writeCommands } from "../commands.ts";
import { writeHooks } from "../hooks.ts";
import { changedBy } from "../queue-state.ts";
import { busStore } from "./bus.ts";
import { claim } from "./claim.ts";
import { commandStore } from "./commands.ts";
import { enqueue } from "./enqueue.ts";
import { hookStore } from "./hooks.ts";
import { acquire, release, renew } from "./leases.ts";
import { cease } from "./linger.ts";
import { end, promote, purge, remove, retry } from "./move.ts";
import { spawn } from "./processes.ts";
import { prune } from "./prune.ts";
import { leaveStorage, rescue } from "./rescue.ts";
import { writeSchedules } from "./schedules.ts";
import type { Session } from "./session.ts";
import { enter, note, settle } from "./settle.ts";

/**
 * Does a batch: all of it or nothing. What can be refused is looked for before anything is done, so
 * that nothing need be undone.
 */
export function applyBatch(session: Session, batch: readonly Write[]): WriteAnswer[] {
  check(session, batch);
  return batch.map((write) => perform(session, write));
}

/** Who left or joined anew must not claim by its old number: nobody would rescue those jobs. */
function check({ worker }: Session, batch: readonly Write[]): void {
  let joined = worker?.number;
  for (const write of batch) {
    // A number given by this very batch is known to nobody yet: no claim in it can have it.
    if (write.type === "join") joined = undefined;
    if (write.type === "leave" && write.worker === joined) joined = undefined;
    if (write.type !== "claim" || write.worker === joined) continue;
    const message = `worker ${write.worker} is not joined: it may not claim`;
    throw new ErgateError("ERR_ERGATE_STORE_FAILED", message);
  }
}

function perform(session: Session, write: Write): WriteAnswer {
  const { table } = session;
  if ("now" in write) table.now = write.now;
  switch (write.type) {
    case "enqueue":
      return enqueue(session, write.jobs, write.now);
    case "claim":
      return claim(session, write);
    case "settle":
      return settle(session, write.settlements, write.followers);
    case "enter":
      return enter(table, write.runs) as undefined;
    case "spawn":
      return spawn(session, write.runs) as undefined;
    case "cease":
      return cease(table, session.worker?.number, write.runs) as undefined;
    case "note":
      return note(table, write.notes) as undefined;
    case "promote":
      return promote(table, write.now, write.limit);
    case "end":
      return { ends: write.ids.map((id) => end(table, id, write)) };
    case "retry":
      return { retries: write.ids.map((id) => retry(table, id, write.now)) };
    case "delete":
      return { deletions: write.ids.map((id) => remove(table, id)) };
    case "purge":
      return purge(table, write.queue, write.limit);
    case "prune":
      return prune(session, write.retention, write.now, write.limit);
    case "saveSchedules":
    case "removeSchedules":
    case "fire":
    case "advance":
      return writeSchedules(session, write);
    default:
      return performMembership(session, write);
  }
}

type Other =
  | BusWrite
  | CommandWrite
  | HookWrite
  | Extract<Write, { type: "acquire" | "renew" | "release" }>;
type Membership = Extract<
  Write,
  { type: "join" | "declare" | "beat" | "leave" | "rescue" | "pause" | "resume" | "configure" }
>;

function performMembership(session: Session, write: Membership | Other): WriteAnswer {
  const { table } = session;
  switch (write.type) {
    case "join":
      return join(session, write);
    case "declare":
      return declare(session, write);
    case "beat":
      return beat(session, write.worker, write.leaseUntil);
    case "leave":
      return leave(session, write);
    case "rescue":
      return rescue(table, write);
    case "pause":
    case "resume":
    case "configure":
      return changeQueue(session, write);
    default:
      return performOther(session, write);
  }
}

function performOther(session: Session, write: Other): WriteAnswer {
  switch (write.type) {
    case "acquire":
      return acquire(session, write);
    case "renew":
      return renew(session, write);
    case "release":
      return release(session.table, write);
    case "saveCommand":
    case "removeCommand":
    case "declareCommands":
      return writeCommands(commandStore(session), write);
    case "registerHook":
    case "claimHooks":
    case "settleHooks":
    case "resendHooks":
    case "disableHook":
    case "enableHook":
      return writeHooks(hookStore(session.table), write);
    default:
      return writeBus(busStore(session), write);
  }
}

function declare(
  { table, worker }: Session,
  write: Extract<Write, { type: "declare" }>,
): undefined {
  table.declare(write, write.now);
  if (worker !== undefined && write.jobs !== undefined) worker.jobs = write.jobs;
}

function join(session: Session, write: Extract<Write, { type: "join" }>): { worker: number } {
  const { table, counters } = session;
  // Who joins anew lost track of what it held: that goes back first.
  if (session.worker !== undefined) leaveStorage(table, session.worker.number, write.now, true);
  const number = ++counters.worker;
  session.worker = { ...write.worker, number, lock: { held: true } };
  table.workers.set(number, session.worker);
  table.declare(write, write.now);
  return { worker: number };
}

function leave(
  session: Session,
  { worker, now, keepLocks }: Extract<Write, { type: "leave" }>,
): undefined {
  leaveStorage(session.table, worker, now, keepLocks);
  if (session.worker?.number === worker) session.worker = undefined;
}

function beat({ table }: Session, number: number, leaseUntil: number): undefined {
  const worker = table.workers.get(number);
  if (worker !== undefined) worker.leaseUntil = leaseUntil;
}

function changeQueue({ table }: Session, asked: QueueWrite): { changed: boolean } {
  if (asked.type === "resume" && !table.queues.has(asked.queue)) return { changed: false };
  const changed = changedBy(table.queue(asked.queue), asked);
  if (changed) table.changes++;
  return { changed };
}
