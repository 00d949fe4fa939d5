import { limits } from "../../base/limits.ts";
import { type HookEvent, storedHook } from "../../job/hook.ts";
import type { JobId } from "../../job/job.ts";
import { isFinal } from "../../job/state.ts";
import type { DisabledHook, HookRow, HookTotals } from "../../protocol/hook.ts";
import type { HookList } from "../hook-list.ts";
import { type HookStore, makeRoom, type Stream, tooManyWait } from "../hooks.ts";
import type { Row } from "./row.ts";
import type { Table } from "./table.ts";

/** Events that status hooks are to tell, of one namespace. */
export class Hooks {
  readonly rows = new Map<number, HookRow>();
  readonly disabled = new Map<string, DisabledHook>();
  readonly totals = { waiting: 0, dead: 0, refused: 0, dropped: 0 };
  /** By the stream: what of it waits, and which of those is due or claimed. */
  readonly #waiting = new Map<string, Set<number>>();
  readonly #heads = new Map<string, HookRow>();
  #seq = 0;

  put(row: HookRow): void {
    this.remove(row.seq);
    this.rows.set(row.seq, row);
    if (row.dueAt !== undefined) this.#heads.set(keyOf(row), row);
    if (row.deadAt !== undefined) return;
    const waiting = this.#waiting.get(keyOf(row)) ?? new Set();
    this.#waiting.set(keyOf(row), waiting.add(row.seq));
  }

  remove(seq: number): void {
    const row = this.rows.get(seq);
    if (row === undefined) return;
    this.rows.delete(seq);
    if (this.#heads.get(keyOf(row))?.seq === seq) this.#heads.delete(keyOf(row));
    const waiting = this.#waiting.get(keyOf(row));
    waiting?.delete(seq);
    if (waiting?.size === 0) this.#waiting.delete(keyOf(row));
  }

  heads(): HookRow[] {
    return [...this.#heads.values()];
  }

  hasHead(stream: Stream): boolean {
    return this.#heads.has(keyOf(stream));
  }

  nextOf(stream: Stream): HookRow | undefined {
    const waiting = this.#waiting.get(keyOf(stream));
    return waiting && this.rows.get(Math.min(...waiting));
  }

  /** Tells of a job that has moved, if it has a hook which wants that; or of a check-in. */
  tell(row: Row, now: number, event: HookEvent, children: readonly JobId[]): void {
    if (row.hook === undefined) return;
    const { url, host, events } = storedHook(row.hook);
    if (events !== undefined && !events.includes(event)) return;
    const isFull = this.totals.waiting >= limits.hookWaitingRows;
    const error = this.disabled.get(url)?.reason ?? (isFull ? tooManyWait : undefined);
    const isDead = error !== undefined;
    const seq = ++this.#seq;
    this.put({
      ...{ seq, stream: row.seq, job: row.id, event, url, host, hook: row.hook },
      ...{ facts: factsOf(row, now, children), createdAt: now, attempts: 0, firstAt: undefined },
      dueAt: isDead || this.hasHead({ stream: row.seq, url }) ? undefined : now,
      ...{ owner: undefined, error, deadAt: isDead ? now : undefined },
    });
    if (error === tooManyWait) this.totals.refused++;
    this.totals[isDead ? "dead" : "waiting"]++;
  }

  /** What a worker that died was sending. */
  freeOf(worker: string, now: number): void {
    for (const row of this.heads()) {
      if (row.owner === worker) this.put({ ...row, owner: undefined, dueAt: now });
    }
  }

  /** In the order in which they happened: what was saved anew stands last in the map. */
  all(): HookRow[] {
    return [...this.rows.values()].sort((one, other) => one.seq - other.seq);
  }

  nextAt(): number | undefined {
    const due = this.heads().map(({ dueAt = Infinity }) => dueAt);
    return due.length === 0 ? undefined : due.reduce((one, other) => Math.min(one, other));
  }

  summary(): HookTotals {
    const oldestAt = this.all().find(({ deadAt }) => deadAt === undefined)?.createdAt;
    return { ...this.totals, oldestAt };
  }

  before(list: HookList, seq: number, limit: number): HookRow[] {
    const isIn = (row: HookRow) =>
      typeof list === "object"
        ? row.job === list.job
        : (row.deadAt === undefined) === (list === "waiting");
    const rows = this.all().filter((row) => row.seq < seq && isIn(row));
    return rows.reverse().slice(0, limit);
  }
}

function keyOf({ stream, url }: Stream): string {
  return `${stream} ${url}`;
}

function factsOf(row: Row, changedAt: number, children: readonly JobId[]): string {
  const { id, name, state, attempt, meta, createdAt, dueAt, finishedAt } = row;
  const { checkIn, checkInAt, parent, reason } = row;
  return JSON.stringify({
    ...{ id, name, state, attempt, meta, createdAt, runAt: dueAt, finishedAt },
    ...{ checkIn, checkInAt, parent, reason, changedAt, children },
  });
}

export function hookStore(table: Table): HookStore {
  const { hooks } = table;
  return {
    ...rowsIn(hooks),
    ...switchesIn(hooks),
    count({ waiting = 0, dead = 0, refused = 0, dropped = 0 }) {
      table.changes++;
      hooks.totals.waiting += waiting;
      hooks.totals.dead += dead;
      hooks.totals.refused += refused;
      hooks.totals.dropped += dropped;
      return { dead: hooks.totals.dead };
    },
    register(id, hook) {
      const row = table.byId.get(id);
      if (row === undefined) return { type: "unknown" };
      if (isFinal(row.state)) return { type: "final", state: row.state };
      table.change(row, { hook });
      return { type: "registered" };
    },
  };
}

type Switches = "disabled" | "disable" | "enable";

function rowsIn(hooks: Hooks): Omit<HookStore, Switches | "count" | "register"> {
  const byDue = (one: HookRow, other: HookRow) =>
    (one.dueAt ?? 0) - (other.dueAt ?? 0) || one.seq - other.seq;
  return {
    row: (seq) => hooks.rows.get(seq),
    save: (row) => hooks.put(row),
    drop: (seq) => hooks.remove(seq),
    hasHead: (stream) => hooks.hasHead(stream),
    nextOf: (stream) => hooks.nextOf(stream),
    hostBehind(host) {
      const due = hooks.heads().filter((row) => row.host > host);
      return due.map((row) => row.host).sort()[0];
    },
    dueOf(host, now, limit) {
      const heads = hooks.heads().filter((row) => row.host === host);
      const due = heads.filter(({ dueAt = Infinity }) => dueAt <= now);
      return due.sort(byDue).slice(0, limit);
    },
    behind(seq, job, limit) {
      const isOne = (row: HookRow) =>
        job === undefined ? row.deadAt !== undefined : row.job === job;
      const rows = hooks.all().filter((row) => row.seq > seq && isOne(row));
      return rows.slice(0, limit);
    },
    hurry(latest, now) {
      for (const row of hooks.heads()) {
        if ((row.dueAt ?? now) > latest) hooks.put({ ...row, dueAt: now });
      }
    },
    oldestDead(limit) {
      const dead = hooks.all().filter(({ deadAt }) => deadAt !== undefined);
      return dead.slice(0, limit);
    },
  };
}

function switchesIn({ disabled }: Hooks): Pick<HookStore, Switches> {
  return {
    disabled: (url) => disabled.get(url)?.reason,
    disable(url, reason, at) {
      if (disabled.has(url)) return false;
      disabled.set(url, { url, reason, at });
      const [oldest] = disabled.keys();
      const isFull = disabled.size > limits.hookDisabledUrls;
      if (isFull && oldest !== undefined) disabled.delete(oldest);
      return true;
    },
    enable: (url) => disabled.delete(url),
  };
}

export function tellHook(table: Table, row: Row, event?: HookEvent): void {
  if (row.hook === undefined) return;
  const children = table.newestChildren(row.id, limits.jobserviceExecutionIds);
  table.hooks.tell(row, table.now, event ?? row.state, children);
  makeRoom(hookStore(table), table.hooks.totals.dead);
}
