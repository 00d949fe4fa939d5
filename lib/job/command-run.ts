/**
 * The mark of one run of a command, over all files and times: its worker's random id, the number of
 * its job's row, and the fence of its claim. Whoever rescues the run can tell it from its row.
 */
export function commandRunId(worker: string, seq: number, fence: number): string {
  return `${worker}.${seq}.${fence}`;
}
