import { supersededReason } from "../lib/job/schedule-policy.ts";
import type { FinalState } from "../lib/job/state.ts";
import type { FireAnswer } from "../lib/protocol/schedule.ts";
import type { EndAnswer, Write, WriteAnswer, WriteAnswers } from "../lib/protocol/write.ts";
import { announceFreed, announceNew, publish, publishDeleted } from "./announce.ts";
import type { Surroundings } from "./links.ts";

/** Tells of committed writes that somebody asked for. */

export function announceMoved(
  surroundings: Surroundings,
  write: Write,
  answer: WriteAnswer,
  now: number,
): void {
  const { hub, links } = surroundings;
  if (write.type === "end") {
    const ask = write.move === "cancel" ? "cancel" : "stop";
    tellAsked(links, (answer as WriteAnswers["end"]).ends, ask, write.reason);
  }
  // A run of a schedule may be among what is over: one may wait for it.
  if (mayEnd(write)) links.scheduler.tell({ type: "ran" });
  if (isOfCommands(write)) links.commands.tell({ type: "look" });
  if (write.type === "saveSchedules") {
    announceSaved(surroundings, write, answer as WriteAnswers["saveSchedules"], now);
  }
  if (write.type === "fire" || write.type === "advance") {
    announceFired(surroundings, answer as WriteAnswers["fire"], now);
  }
  if (write.type === "release") announceFreed(hub, write.leases);
  if (write.type === "rescue" && hasDead(answer as WriteAnswers["rescue"])) hub.freed(undefined);
  if (write.type === "pause") links.dispatcher.tell({ type: "paused", queues: [write.queue] });
  if (hub.active) publishMoved(hub, write, answer, now);
}

function mayEnd({ type }: Write): boolean {
  return type === "end" || type === "delete" || type === "purge";
}

function isOfCommands({ type }: Write): boolean {
  return type === "saveCommand" || type === "removeCommand" || type === "declareCommands";
}

function hasDead({ workers, orphaned }: WriteAnswers["rescue"]): boolean {
  return workers.length + orphaned.length > 0;
}

function tellAsked(
  links: Surroundings["links"],
  ends: readonly EndAnswer[],
  ask: "stop" | "cancel",
  reason: string,
): void {
  const asks = ends.flatMap((end) => {
    return end.type === "asked" ? [{ seq: end.seq, fence: end.fence, ask, reason }] : [];
  });
  if (asks.length > 0) links.dispatcher.tell({ type: "ask", asks });
}

/** Schedules that were saved, and runs that were stopped with them. */
function announceSaved(
  { hub, links }: Surroundings,
  { schedules }: Extract<Write, { type: "saveSchedules" }>,
  { saves }: WriteAnswers["saveSchedules"],
  now: number,
): void {
  links.scheduler.tell({ type: "planned" });
  saves.forEach((answer, at) => {
    const reason = schedules[at]?.stops;
    if (answer.type !== "saved" || reason === undefined) return;
    tellAsked(links, answer.ends, "stop", reason);
    if (hub.active) publishEnds(hub, answer.ends, "stopped", reason, now);
  });
}

/** Runs of schedules: new ones, and those that give way to them. */
function announceFired(
  { hub, links }: Surroundings,
  { firings, ends }: FireAnswer,
  now: number,
): void {
  tellAsked(links, ends, "cancel", supersededReason);
  const fates = firings.flatMap((firing) => (firing.type === "fired" ? firing.runs : []));
  const jobs = fates.flatMap((fate) => (fate.type === "enqueued" ? [fate.job] : []));
  const dueAt = announceNew(hub, jobs, [], now);
  if (dueAt < Number.POSITIVE_INFINITY) links.scheduler.tell({ type: "due", at: dueAt });
  if (hub.active) publishEnds(hub, ends, "cancelled", supersededReason, now);
}

function publishMoved(
  hub: Surroundings["hub"],
  write: Write,
  answer: WriteAnswer,
  now: number,
): void {
  switch (write.type) {
    case "end":
      return publishEnded(hub, write, answer as WriteAnswers["end"], now);
    case "retry":
      for (const retried of (answer as WriteAnswers["retry"]).retries) {
        if (retried.type === "moved") publish(hub, retried, "available", now);
      }
      return;
    case "promote":
      for (const job of (answer as WriteAnswers["promote"]).promoted) {
        publish(hub, job, "available", now);
      }
      return;
    case "delete":
      for (const { type, id } of (answer as WriteAnswers["delete"]).deletions) {
        if (type === "deleted") publishDeleted(hub, id, now);
      }
      return;
    case "purge":
    case "prune":
      for (const id of (answer as WriteAnswers["purge"]).deleted) publishDeleted(hub, id, now);
      return;
    default:
      return;
  }
}

function publishEnded(
  hub: Surroundings["hub"],
  { move, reason }: Extract<Write, { type: "end" }>,
  { ends }: WriteAnswers["end"],
  now: number,
): void {
  const state = { stop: "stopped", cancel: "cancelled", discard: "dead" } as const;
  publishEnds(hub, ends, state[move], reason, now);
}

function publishEnds(
  hub: Surroundings["hub"],
  ends: readonly EndAnswer[],
  state: FinalState,
  reason: string,
  now: number,
): void {
  const more = { attempt: 0, reason, seq: 0 };
  for (const end of ends) if (end.type === "moved") publish(hub, end, state, now, more);
}
