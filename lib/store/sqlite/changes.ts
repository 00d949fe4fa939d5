import { finalStates, type JobState } from "../../job/state.ts";
import type { ChangeCursor, ChangedJob, QueryAnswers } from "../../protocol/query.ts";
import * as read from "./read.sql.ts";
import type { Reader } from "./reader.ts";
import { list, optional, optionalText } from "./rows.ts";
import type { Row } from "./session.ts";

/**
 * What may have moved since the cursor: new jobs by row number, final ones by their time, and the
 * tracked ones as they are now. No row is written for this, and no index changes with every move.
 */
export function changes(
  reader: Reader,
  since: ChangeCursor | undefined,
  tracked: readonly number[],
  limit: number,
): QueryAnswers["changes"] {
  if (since === undefined) return { moved: [], cursor: now(reader), more: false };
  const fresh = rows(reader, read.newSince, since.seq, reader.namespace, limit);
  const final = finalStates
    .flatMap((state) =>
      rows(
        reader,
        read.finalSince,
        reader.namespace,
        state,
        since.finishedAt,
        since.finalSeq,
        limit,
      ),
    )
    .sort(byEnd)
    .slice(0, limit);
  const known =
    tracked.length === 0 ? [] : rows(reader, read.changedBySeqs, list(tracked), reader.namespace);
  const moved = new Map([...fresh, ...known, ...final].map((job) => [job.seq, job]));
  const more = fresh.length >= limit || final.length >= limit;
  return { moved: [...moved.values()], cursor: advanced(since, fresh, final), more };
}

function advanced(
  since: ChangeCursor,
  fresh: readonly ChangedJob[],
  final: readonly ChangedJob[],
): ChangeCursor {
  const last = final.at(-1);
  return {
    seq: fresh.at(-1)?.seq ?? since.seq,
    finishedAt: last?.finishedAt ?? since.finishedAt,
    finalSeq: last === undefined ? since.finalSeq : last.seq,
  };
}

function now(reader: Reader): ChangeCursor {
  const { seq } = reader.sql(read.latestSeq).get() as { seq: number };
  const ends = finalStates
    .map((state) => reader.sql(read.latestFinal).get(reader.namespace, state) as Row | undefined)
    .flatMap((row) =>
      row === undefined ? [] : [{ finishedAt: Number(row.finished_at), seq: Number(row.seq) }],
    )
    .sort((one, other) => one.finishedAt - other.finishedAt || one.seq - other.seq);
  const last = ends.at(-1);
  return { seq, finishedAt: last?.finishedAt ?? 0, finalSeq: last?.seq ?? 0 };
}

function byEnd(one: ChangedJob, other: ChangedJob): number {
  return (one.finishedAt ?? 0) - (other.finishedAt ?? 0) || one.seq - other.seq;
}

function rows(reader: Reader, text: string, ...values: (string | number)[]): ChangedJob[] {
  return (reader.sql(text).all(...values) as Row[]).map((row) => ({
    seq: Number(row.seq),
    id: String(row.id),
    name: String(row.name),
    queue: String(row.queue),
    state: String(row.state) as JobState,
    attempt: Number(row.attempt),
    finishedAt: optional(row.finished_at),
    reason: optionalText(row.reason),
  }));
}
