import type { FinalState } from "../job/state.ts";
import type { LimitRun } from "../protocol/why.ts";
import type { WhyFacts } from "./why.ts";

const textMost = 200;

/** The facts of a job in one plain sentence. Times are UTC. */
export function sentenceOf(facts: WhyFacts): string {
  switch (facts.type) {
    case "completed":
    case "stopped":
    case "cancelled":
    case "dead":
      return endedSentence(facts);
    case "running":
    case "claimed":
      return runSentence(facts);
    case "scheduled":
      if (facts.isDue) return `It was due at ${time(facts.runAt)}, and starts any moment.`;
      return `It waits for its time, ${time(facts.runAt)}.`;
    case "retryable": {
      const { attempt, maxAttempts, error, runAt } = facts;
      const failed = `Attempt ${attempt} of ${maxAttempts} failed with "${cut(error)}"`;
      return `${failed}; it is tried again at ${time(runAt)}.`;
    }
    default:
      return waitSentence(facts);
  }
}

type Ended = Extract<WhyFacts, { type: FinalState }>;
type Of<T extends WhyFacts["type"]> = Extract<WhyFacts, { type: T }>;

function endedSentence({ type, finishedAt, reason, keyHeldBy }: Ended): string {
  if (type === "completed") return `It completed at ${time(finishedAt)}.`;
  const verb = type === "dead" ? "is dead since" : `was ${type} at`;
  const key = keyHeldBy === undefined ? "" : `; job ${keyHeldBy} holds its unique key`;
  return `It ${verb} ${time(finishedAt)}: ${cut(reason ?? "no reason was given")}${key}.`;
}

function runSentence(facts: Of<"running" | "claimed">): string {
  const { worker, attempt, maxAttempts } = facts;
  const who =
    worker === undefined
      ? "a worker"
      : `worker ${worker.id} (process ${worker.pid} on ${worker.host})`;
  if (worker?.status === "dead") {
    return `It was running on ${who}, which died; it runs again once another worker notices.`;
  }
  if (facts.type === "claimed") return `It was taken by ${who} and is next in line there.`;
  const asked = facts.asked === undefined ? "" : `; it was asked to ${facts.asked}`;
  const since = `It runs since ${time(facts.since)} on ${who}`;
  return `${since}, attempt ${attempt} of ${maxAttempts}${asked}.`;
}

type Wait = Of<"paused" | "noWorker" | "unroutable" | "suspect" | "limited" | "rate" | "waiting">;

function waitSentence(facts: Wait): string {
  switch (facts.type) {
    case "paused": {
      const until = facts.until === undefined ? "" : `, until ${time(facts.until)}`;
      return `Its queue ${facts.queue} is paused since ${time(facts.since)}${until}.`;
    }
    case "noWorker":
      return "No worker is alive: it waits until one starts.";
    case "unroutable": {
      const { name, workers, versions } = facts;
      const alive = `${workers} ${workers === 1 ? "is" : "are"} alive`;
      return `No worker knows the name "${name}" (${alive}, version ${versions.join(", ")}).`;
    }
    case "suspect": {
      const why = `It ran when its process died (${crashesText(facts.crashes)})`;
      const [first] = facts.running;
      return `${why} and waits to run alone${first === undefined ? "" : `, after ${first}`}.`;
    }
    case "limited":
      return limitedSentence(facts);
    case "rate": {
      const { queue, rate, nextAt } = facts;
      const most = `Its queue ${queue} starts at most ${rate.limit} jobs in ${rate.perMs} ms`;
      return `${most}; the next one may start at ${time(nextAt)}.`;
    }
    case "waiting":
      return waitingSentence(facts);
    default:
      return facts satisfies never;
  }
}

function crashesText(crashes: number): string {
  if (crashes === 0) return "another job is the likelier cause";
  return `${crashes} ${crashes === 1 ? "crash" : "crashes"} so far`;
}

function limitedSentence({ by, name, limit, taken, runs }: Of<"limited">): string {
  const whose = by === "queue" ? `Its queue ${name}` : `Its name ${name}`;
  const more = taken - runs.length;
  const used = [...runs.map(runText), ...(more > 0 ? [`${more} more`] : [])].join(", ");
  return `${whose} has its limit ${taken}/${limit} used by ${used}.`;
}

function runText({ jobId = "a deleted job", worker, lingering }: LimitRun): string {
  const where = worker === undefined ? "" : ` on ${worker}`;
  return `${jobId}${where}${lingering ? " (lingering: it can't be ended)" : ""}`;
}

function waitingSentence({ queue, ahead, more }: Of<"waiting">): string {
  if (ahead === 0) return `It is the next of its queue ${queue}, and waits for a free slot.`;
  if (more) return `It is behind more than ${ahead} jobs of its queue ${queue}.`;
  return `It is behind ${ahead} ${ahead === 1 ? "job" : "jobs"} of its queue ${queue}.`;
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}

function cut(text: string): string {
  return text.length > textMost ? `${text.slice(0, textMost)}…` : text;
}
