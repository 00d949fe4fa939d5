import { limits } from "../../base/limits.ts";
import type { HookEvent } from "../../job/hook.ts";
import type { Settlement } from "../../job/outcome.ts";
import { isFinal, type JobState } from "../../job/state.ts";
import type { HookQueryAnswers, HookRow } from "../../protocol/hook.ts";
import { type HookStore, makeRoom } from "../hooks.ts";
import * as sql from "./hook.sql.ts";
import * as read from "./read.sql.ts";
import type { Reader } from "./reader.ts";
import { list, type MoveRow, optional, optionalText } from "./rows.ts";
import type { Row, Session } from "./session.ts";

/** Status hooks: what moves leave to be told, and how it is kept. */

/** Tells of jobs that have just moved, those that have a hook; or of a check-in. */
export function tellHooks(
  session: Session,
  seqs: readonly number[],
  now: number,
  event?: "checkIn",
): void {
  if (seqs.length === 0) return;
  const { waiting: before = 0 } = totalsOf(session);
  const isFull = before >= limits.hookWaitingRows ? 1 : 0;
  const told = session.sql(sql.tellHooks).all(event ?? null, now, isFull, list(seqs)) as Told[];
  if (told.length === 0) return;
  const waiting = told.filter((one) => one.waiting === 1).length;
  const refused = told.filter((one) => one.refused === 1).length;
  const store = hookStore(session);
  makeRoom(store, store.count({ waiting, dead: told.length - waiting, refused }).dead);
}

interface Told {
  waiting: number;
  refused: number | null;
}

/** Tells of jobs that left their runs, whoever knew of their hooks. */
export function tellLeft(session: Session, seqs: readonly number[], now: number): void {
  session.sql(sql.forgetRegistered).run(session.namespace, list(seqs));
  tellHooks(session, seqs, now);
}

/** Settlements that know of hooks which their jobs got while they ran. */
export function knowingHooks(
  session: Session,
  settlements: readonly Settlement[],
): readonly Settlement[] {
  const { namespace } = session;
  if (session.sql(sql.anyRegistered).get(namespace) === undefined) return settlements;
  const seqs = list(settlements.map(({ seq }) => seq));
  const rows = session.sql(sql.registeredOf).all(namespace, seqs) as { job: number }[];
  const known = new Set(rows.map(({ job }) => job));
  return settlements.map((one) => (known.has(one.seq) ? { ...one, hooked: true } : one));
}

export function hookStore(session: Session): HookStore {
  const { namespace } = session;
  const rows = (found: unknown[]) => (found as Row[]).map(rowOf);
  return {
    row: (seq) => rows(session.sql(sql.hookBySeq).all(seq, namespace))[0],
    save({ seq, attempts, firstAt, dueAt, owner, error, deadAt }) {
      const claim = [attempts, firstAt ?? null, dueAt ?? null, owner ?? null];
      session.sql(sql.saveHook).run(...claim, error ?? null, deadAt ?? null, seq);
    },
    hurry: (latest, now) => void session.sql(sql.hurryHooks).run(now, namespace, latest),
    drop: (seq) => void session.sql(sql.dropHook).run(seq),
    hasHead: ({ stream, url }) => session.sql(sql.headOfStream).get(stream, url) !== undefined,
    nextOf: ({ stream, url }) => rows(session.sql(sql.nextOfStream).all(stream, url))[0],
    hostBehind(host) {
      const found = session.sql(sql.hostBehind).get(namespace, host) as
        | { host: string }
        | undefined;
      return found?.host;
    },
    dueOf: (host, now, limit) => rows(session.sql(sql.dueOfHost).all(namespace, host, now, limit)),
    behind(seq, job, limit) {
      const place = job === undefined ? [namespace, seq, limit] : [namespace, job, seq, limit];
      const text = job === undefined ? sql.deadHooksBehind : sql.hooksOfJobBehind;
      return rows(session.sql(text).all(...place));
    },
    oldestDead: (limit) => rows(session.sql(sql.oldestDeadHooks).all(namespace, limit)),
    count({ waiting = 0, dead = 0, refused = 0, dropped = 0 }) {
      session.sql(sql.countHooks).run(namespace, waiting, dead, refused, dropped);
      return { dead: totalsOf(session).dead };
    },
    ...switchesIn(session),
    register: (id, hook) => register(session, id, hook),
  };
}

function switchesIn(session: Session): Pick<HookStore, "disabled" | "disable" | "enable"> {
  const { namespace } = session;
  return {
    disabled(url) {
      const found = session.sql(sql.disabledHook).get(namespace, url) as Row | undefined;
      return optionalText(found?.reason);
    },
    disable(url, reason, at) {
      const { changes } = session.sql(sql.disableHook).run(namespace, url, reason, at);
      session.sql(sql.forgetDisabled).run(namespace, namespace, limits.hookDisabledUrls);
      return changes > 0;
    },
    enable: (url) => session.sql(sql.enableHook).run(namespace, url).changes > 0,
  };
}

function register(session: Session, id: string, hook: string) {
  const { namespace } = session;
  const row = session.sql(read.rowById).get(id, namespace) as MoveRow | undefined;
  if (row === undefined) return { type: "unknown" } as const;
  const state = row.state as JobState;
  if (isFinal(state)) return { type: "final", state } as const;
  session.sql(sql.setHook).run(hook, row.seq);
  if (state === "running") session.sql(sql.noteRegistered).run(namespace, row.seq);
  return { type: "registered" } as const;
}

/** Of a worker that died. */
export function freeHooksOf(session: Session, worker: string, now: number): void {
  session.sql(sql.freeHooksOf).run(now, worker);
}

const noTotals = { waiting: 0, dead: 0, refused: 0, dropped: 0 };

function totalsOf({ sql: prepared, namespace }: Pick<Session, "sql" | "namespace">) {
  return (prepared(sql.hookTotals).get(namespace) ?? noTotals) as typeof noTotals;
}

export function nextHook(reader: Reader): HookQueryAnswers["nextHook"] {
  return optional((reader.sql(sql.nextHookDue).get(reader.namespace) as Row | undefined)?.due_at);
}

export function hookTotals(reader: Reader): HookQueryAnswers["hookTotals"] {
  const oldest = reader.sql(sql.oldestWaitingHook).get(reader.namespace) as Row | undefined;
  return { ...totalsOf(reader), oldestAt: optional(oldest?.created_at) };
}

export function disabledHooks(reader: Reader): HookQueryAnswers["disabledHooks"] {
  const rows = reader.sql(sql.disabledHooks).all(reader.namespace);
  return rows as unknown as HookQueryAnswers["disabledHooks"];
}

export function hookRow({ sql: prepared, namespace }: Reader, seq: number): HookRow | undefined {
  const row = prepared(sql.hookBySeq).get(seq, namespace) as Row | undefined;
  return row && rowOf(row);
}

/** Rows of a list before one, the newest first. */
export function hookRows(
  { sql: prepared, namespace }: Reader,
  which: "waiting" | "dead" | { job: string },
  before: number,
  limit: number,
): HookRow[] {
  const found =
    typeof which === "object"
      ? prepared(sql.hooksOfJob).all(namespace, which.job, before, limit)
      : prepared(which === "dead" ? sql.deadHooks : sql.waitingHooks).all(namespace, before, limit);
  return (found as Row[]).map(rowOf);
}

function rowOf(row: Row): HookRow {
  return {
    seq: Number(row.seq),
    stream: Number(row.stream),
    job: String(row.job),
    event: String(row.event) as HookEvent,
    url: String(row.url),
    host: String(row.host),
    hook: String(row.hook),
    facts: String(row.facts),
    createdAt: Number(row.created_at),
    attempts: Number(row.attempts),
    firstAt: optional(row.first_at),
    dueAt: optional(row.due_at),
    owner: optionalText(row.owner),
    error: optionalText(row.error),
    deadAt: optional(row.dead_at),
  };
}
