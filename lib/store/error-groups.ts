import type { ErrorGroup, JobId } from "../job/job.ts";

/** A failed job, as it is counted. */
export interface GroupedJob {
  id: JobId;
  name: string;
  fingerprint: string;
  /** When it ended, or where it has not ended was enqueued. */
  at: number;
  /** Asked for the newest of a group only. */
  message(): string;
}

const namesShown = 10;

/** Adds a job to its group; jobs come newest first. */
export function addToGroup(groups: Map<string, ErrorGroup>, job: GroupedJob): void {
  const { fingerprint, at, name, id } = job;
  const group = groups.get(fingerprint);
  if (group === undefined) {
    const message = job.message();
    const times = { newestAt: at, oldestAt: at };
    groups.set(fingerprint, {
      ...{ fingerprint, count: 1, message, newestId: id, ...times, names: [name] },
    });
    return;
  }
  const { names } = group;
  const added = names.length < namesShown && !names.includes(name) ? [...names, name] : names;
  groups.set(fingerprint, { ...group, count: group.count + 1, oldestAt: at, names: added });
}

/** Adds the groups of a later slice of one walk. */
export function mergeGroups(groups: Map<string, ErrorGroup>, later: readonly ErrorGroup[]): void {
  for (const next of later) {
    const group = groups.get(next.fingerprint);
    if (group === undefined) {
      groups.set(next.fingerprint, next);
      continue;
    }
    groups.set(next.fingerprint, {
      ...group,
      count: group.count + next.count,
      oldestAt: next.oldestAt,
      names: [...new Set([...group.names, ...next.names])].slice(0, namesShown),
    });
  }
}

/** The most frequent first. */
export function sortedGroups(groups: ReadonlyMap<string, ErrorGroup>): ErrorGroup[] {
  return [...groups.values()].sort(
    (one, other) => other.count - one.count || (one.fingerprint < other.fingerprint ? -1 : 1),
  );
}
