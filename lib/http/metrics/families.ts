import { version } from "../../base/version.ts";
import { busFamilies } from "./bus-families.ts";
import { bucketSamples, type Family, single } from "./family.ts";
import { hookFamilies } from "./hook-families.ts";
import { jobFamilies } from "./job-families.ts";

const info = {
  name: "ergate_build_info",
  help: "Always 1; the version stands in a label.",
  type: "gauge",
  values: () => [{ value: 1, labels: { version } }],
} as const;

const commitDuration: Family = {
  name: "ergate_store_commit_duration_seconds",
  help: "From sending a transaction to the store to its answer, of those that succeeded.",
  type: "histogram",
  values: ({ commits }) => bucketSamples(commitDuration.name, commits.durationMs, 0.001),
};

const commitRows: Family = {
  name: "ergate_store_commit_rows",
  help: "Jobs enqueued, runs settled, moves and marks in one transaction.",
  type: "histogram",
  values: ({ commits }) => bucketSamples(commitRows.name, commits.rows, 1),
};

const commitFailures = single(
  {
    name: "ergate_store_commit_failures_total",
    help: "Transactions of which nothing was done.",
    type: "counter",
  },
  ({ commits }) => commits.failures,
);

const wal = single(
  {
    name: "ergate_store_wal_bytes",
    help: "Size of the database's write-ahead log.",
    type: "gauge",
  },
  ({ walBytes }) => walBytes,
);

const mailboxes: Family = {
  name: "ergate_actor_mailbox_messages",
  help: "Messages that wait in an actor's mailbox.",
  type: "gauge",
  values: ({ actors }) => actors.map(({ path, depth }) => ({ value: depth, labels: { path } })),
};

const restarts: Family = {
  name: "ergate_actor_restarts_total",
  help: "Restarts of an actor after a crash.",
  type: "counter",
  values: ({ actors }) => actors.map(({ path, restarts: value }) => ({ value, labels: { path } })),
};

const deadLetters: Family = {
  name: "ergate_actor_dead_letters_total",
  help: "Messages that no actor received, by their fate.",
  type: "counter",
  values: ({ deadLetters: byFate }) =>
    Object.entries(byFate).map(([fate, value]) => ({ value, labels: { fate } })),
};

const logFamilies: readonly Family[] = [
  single(
    { name: "ergate_log_lines_total", help: "Log lines of runs.", type: "counter" },
    ({ log }) => log.lines,
  ),
  single(
    {
      name: "ergate_log_cut_lines_total",
      help: "Log lines that were cut: their attempt, or all that wait, had too much.",
      type: "counter",
    },
    ({ log }) => log.cutLines,
  ),
  single(
    { name: "ergate_log_lost_lines_total", help: "Lines the log store gave up.", type: "counter" },
    ({ log }) => log.lostLines,
  ),
  single(
    { name: "ergate_log_commits_total", help: "Batches of log lines stored.", type: "counter" },
    ({ log }) => log.commits,
  ),
  single(
    { name: "ergate_log_pending_lines", help: "Log lines not stored yet.", type: "gauge" },
    ({ log }) => log.pendingLines,
  ),
  single(
    { name: "ergate_log_pending_bytes", help: "Bytes of log not stored yet.", type: "gauge" },
    ({ log }) => log.pendingBytes,
  ),
];

const loopDelay: Family = {
  name: "ergate_event_loop_delay_seconds",
  help: "How late the event loop came to its timers, since the last scrape.",
  type: "gauge",
  values: ({ loopDelay: delay }) =>
    (["mean", "p99", "max"] as const).map((stat) => ({
      value: delay[stat] / 1000,
      labels: { stat },
    })),
};

const failedLogins = single(
  {
    name: "ergate_http_failed_logins_total",
    help: "Requests that named no known secret, or a ticket that is none.",
    type: "counter",
  },
  ({ failedLogins: failed }) => failed,
);

const workers: Family = {
  name: "ergate_workers",
  help: "Processes that run jobs of the file.",
  type: "gauge",
  values: ({ workers: all }) =>
    (["healthy", "dead"] as const).map((status) => ({
      value: all.filter((worker) => worker.status === status).length,
      labels: { status },
    })),
};

/** Labels are of fixed sets, but for names of queues and jobs, which are bounded. */
export const families: readonly Family[] = [
  ...[info, ...jobFamilies, commitDuration, commitRows, commitFailures, wal],
  ...[
    mailboxes,
    restarts,
    deadLetters,
    ...logFamilies,
    ...hookFamilies,
    ...busFamilies,
    loopDelay,
    workers,
  ],
  failedLogins,
];
