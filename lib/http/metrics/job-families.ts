import { jobStates } from "../../job/state.ts";
import { type RunOutcome, runOutcomes } from "../../metric/snapshot.ts";
import { bucketSamples, byBoundedName, type Family, single } from "./family.ts";
import type { Observed } from "./figures.ts";

const depth: Family = {
  name: "ergate_queue_jobs",
  help: "Jobs of a queue by their state, over all processes.",
  type: "gauge",
  values: ({ queues }) =>
    byBoundedName(queues).flatMap(([queue, rows]) =>
      jobStates.map((state) => ({
        value: rows.reduce((sum, { counts }) => sum + counts[state], 0),
        labels: { queue, state },
      })),
    ),
};

const latency: Family = {
  name: "ergate_queue_latency_seconds",
  help: "How long the job that is next in a queue has been due; 0 where none waits.",
  type: "gauge",
  values: ({ queues, at }) =>
    byBoundedName(queues).map(([queue, rows]) => ({
      value: Math.max(0, ...rows.map(({ waitingSince = at }) => at - waitingSince)) / 1000,
      labels: { queue },
    })),
};

const runs: Family = {
  name: "ergate_job_runs_total",
  help: "Runs that ended in this process, by what came of them.",
  type: "counter",
  values: (observed) => countsOf(observed, runOutcomes),
};

const errors: Family = {
  name: "ergate_job_errors_total",
  help: "Runs that failed: to be tried again, or for good.",
  type: "counter",
  values: (observed) => countsOf(observed, ["failed", "dead"]),
};

const duration: Family = {
  name: "ergate_job_run_duration_seconds",
  help: "From a handler's entry to its end.",
  type: "histogram",
  values: ({ runs: { byName } }) =>
    byName.flatMap(({ name, runMs }) => bucketSamples(duration.name, runMs, 0.001, { job: name })),
};

const wait: Family = {
  name: "ergate_job_wait_duration_seconds",
  help: "From a job's due time to its handler's entry.",
  type: "histogram",
  values: ({ runs: { byName } }) =>
    byName.flatMap(({ name, waitMs }) => bucketSamples(wait.name, waitMs, 0.001, { job: name })),
};

const throughput = single(
  {
    name: "ergate_throughput_runs_per_second",
    help: "Ended runs of this process a second, over the last 10 s.",
    type: "gauge",
  },
  (observed) => observed.runs.throughput.last10s,
);

const lingering = single(
  {
    name: "ergate_lingering_runs",
    help: "Runs that were ended but have not returned yet: they keep their slots.",
    type: "gauge",
  },
  (observed) => observed.lingering,
);

const dropped = single(
  {
    name: "ergate_dropped_figures_total",
    help: "Runs missing in these figures: the mailbox that counts them was full.",
    type: "counter",
  },
  (observed) => observed.runs.droppedHints,
);

export const jobFamilies: readonly Family[] = [
  ...[depth, latency, runs, errors, duration, wait, throughput, lingering, dropped],
];

function countsOf({ runs: { byName } }: Observed, outcomes: readonly RunOutcome[]) {
  return byName.flatMap(({ name, counts }) =>
    outcomes.map((outcome) => ({ value: counts[outcome], labels: { job: name, outcome } })),
  );
}
