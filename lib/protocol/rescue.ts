import type { JobId } from "../job/job.ts";

/** What became of a runtime that died. */
export interface RescuedWorker {
  id: string;
  pid: number;
  /** Jobs given back. */
  released: number;
  /** Of them those whose handler had been entered. */
  suspects: number;
  poisoned: readonly JobId[];
}

/** A dead runtime whose commands may have left something behind. */
export interface OrphanedWorker extends ClearedWorker {
  pid: number;
  marks: readonly RunMark[];
}

/** Nothing is left of its commands. */
export interface ClearedWorker {
  id: string;
  /** Whether one of its other runs was the likely cause of its death. */
  culprit: boolean;
}

/** What the processes of a command's run are found by. */
export interface RunMark {
  runId: string;
  /** 0: not known, as it died right at the start. */
  pid: number;
  /** Milliseconds since the epoch. */
  startedAt: number;
}

/** The process that a run is. */
export interface SpawnedRun extends RunMark {
  seq: number;
  fence: number;
}
