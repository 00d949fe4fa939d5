import type { BusWrite } from "../../protocol/bus.ts";
import type { CommandWrite } from "../../protocol/command.ts";
import type { HookWrite } from "../../protocol/hook.ts";
import type { Write, WriteAnswer, WriteAnswers } from "../../protocol/write.ts";
import { writeBus } from "../bus.ts";
import { writeCommands } from "../commands.ts";
import { writeHooks } from "../hooks.ts";
import { busStore } from "./bus.ts";
import { claim } from "./claim.ts";
import { commandStore } from "./commands.ts";
import { enqueue } from "./enqueue.ts";
import { storeFault } from "./fault.ts";
import { hookStore } from "./hooks.ts";
import { acquire, release, renew } from "./lease.ts";
import { cease } from "./linger.ts";
import {
  beat,
  changeQueue,
  checkJoined,
  declare,
  enter,
  join,
  leaveStore,
  note,
} from "./member.ts";
import { end, promote, purge, remove, retry } from "./move.ts";
import { spawn } from "./processes.ts";
import { prune } from "./prune.ts";
import { rescue } from "./rescue.ts";
import { writeSchedules } from "./schedules.ts";
import type { Session } from "./session.ts";
import { inexact, settle } from "./settle.ts";
import { dropDead } from "./skip-dead.ts";

/** What a batch did, for the store around the engine. */
export interface Applied {
  answers: WriteAnswer[];
  /** Another runtime of the file may want to know. */
  rings: boolean;
}

/**
 * Does a batch in one `BEGIN IMMEDIATE` transaction: a deferred one that later writes fails at once
 * when another process wrote meanwhile, whatever the timeout. Throws an ErgateError, and then
 * nothing of the batch was done.
 */
export function applyBatch(session: Session, batch: readonly Write[]): Applied {
  try {
    return transaction(session, batch);
  } catch (error) {
    if (error !== inexact) throw storeFault(error);
  }
  session.exact = true;
  try {
    return transaction(session, batch);
  } catch (error) {
    throw storeFault(error);
  } finally {
    session.exact = false;
  }
}

function transaction(session: Session, batch: readonly Write[]): Applied {
  const { book, worker, toldPaused, strangers } = session;
  session.sql("BEGIN IMMEDIATE").run();
  try {
    if (book.refresh(dataVersion(session))) session.strangers = true;
    // Whether anything changed matters only where another runtime would hear of it.
    const before = hasOthers(session) ? totalChanges(session) : undefined;
    session.freedLocks = false;
    const answers = batch.map((write) => perform(session, write));
    book.save();
    const changed = before !== undefined && totalChanges(session) !== before;
    session.sql("COMMIT").run();
    return { answers, rings: changed || session.freedLocks };
  } catch (error) {
    rollBack(session);
    Object.assign(session, { worker, toldPaused, strangers });
    throw error;
  }
}

/** SQLite rolls back by itself on some faults (a full disk): then there is nothing left to undo. */
function rollBack(session: Session): void {
  session.book.forget();
  if (session.db.inTransaction) session.sql("ROLLBACK").run();
}

function perform(session: Session, write: Write): WriteAnswer {
  switch (write.type) {
    case "enqueue":
      return enqueue(session, write.jobs, write.now);
    case "claim":
      checkJoined(session, write.worker);
      return claim(session, write.worker, write.demands, write.now);
    case "settle":
      return settleAll(session, write);
    case "enter":
      return void enter(session, write.runs);
    case "spawn":
      return void spawn(session, write.runs);
    case "cease":
      return void cease(session, write.runs);
    case "note":
      return void note(session, write.notes);
    case "promote":
      return promote(session, write.now, write.limit);
    case "end":
      return end(session, write.move, write.ids, write.reason, write.now);
    case "retry":
      return retry(session, write.ids, write.now);
    case "delete":
      return remove(session, write.ids);
    case "purge":
      return purge(session, write.queue, write.limit);
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
  switch (write.type) {
    case "join":
      return join(session, write.worker, write, write.now);
    case "declare":
      return void declare(session, write, write.now);
    case "beat":
      return void beat(session, write.worker, write.leaseUntil);
    case "leave":
      return void leaveStore(session, write.worker, write.now, write.keepLocks);
    case "rescue":
      return rescue(session, write);
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
      return release(session, write);
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
      return writeHooks(hookStore(session), write);
    default:
      return writeBus(busStore(session), write);
  }
}

function hasOthers(session: Session): boolean {
  return session.book.others.some((other) => other.key !== session.worker?.key);
}

/**
 * Changes when another connection commits. Prepared: the driver's `pragma()` compiles it each time.
 */
function dataVersion(session: Session): number {
  return (session.sql("PRAGMA data_version").get() as { data_version: number }).data_version;
}

function totalChanges(session: Session): number {
  return (session.sql("SELECT total_changes() AS changes").get() as { changes: number }).changes;
}

function settleAll(
  session: Session,
  { settlements, followers }: Extract<Write, { type: "settle" }>,
): WriteAnswers["settle"] {
  const { late, duplicates } = settle(session, settlements, followers);
  return { late, skipped: dropDead(session, settlements, late), duplicates };
}
