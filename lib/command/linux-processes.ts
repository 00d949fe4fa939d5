import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { readdir } from "node:fs/promises";
import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { runMark } from "../job/command-environment.ts";
import { type ProcessRow, type ProcessTable, pause, signalTo } from "./process-table.ts";

/**
 * The processes in /proc. A look takes 16 µs a process, 30 with its mark (a promise a file took
 * 110), and goes a slice a turn of the loop. A mark is read once a process: it stays through an
 * exec that clears the environment. What has no environment may be in the middle of an exec, which
 * shows none until the new program's is laid out: it is read again, at each look.
 */
export class LinuxProcesses implements ProcessTable {
  readonly isFull = true;
  readonly #clock: Clock;
  readonly #units = systemUnits();
  #known = new Map<number, ProcessRow>();
  /** Those whose environment was empty at the last look. */
  #bare = new Set<number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async rows(fresh = false): Promise<ProcessRow[]> {
    const before = fresh ? new Map<number, ProcessRow>() : this.#known;
    const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
    const found = new Map<number, ProcessRow>();
    for (const [at, pid] of pids.entries()) {
      if (at > 0 && at % limits.processSlice === 0) await pause(this.#clock, 0);
      const row = this.#row(pid, before);
      if (row !== undefined) found.set(pid, row);
    }
    for (const pid of this.#bare) if (!found.has(pid)) this.#bare.delete(pid);
    this.#known = found;
    return [...found.values()];
  }

  signal(row: ProcessRow, name: NodeJS.Signals): boolean {
    return statOf(row.pid)?.start === row.start && signalTo(row.pid, name);
  }

  commandOf({ pid, start }: ProcessRow): string {
    const line = read(`/proc/${pid}/cmdline`, shownBytes) ?? "";
    return statOf(pid)?.start === start ? line.replaceAll("\0", " ").trim() : "";
  }

  #row(pid: number, before: ReadonlyMap<number, ProcessRow>): ProcessRow | undefined {
    const stat = statOf(pid);
    if (stat === undefined) return undefined;
    const known = before.get(pid);
    const isKnown = known?.start === stat.start && !this.#bare.has(pid);
    const mark = isKnown ? known.mark : this.#markOf(pid, stat);
    const { ticks, pages, ...row } = stat;
    const cpuMs = ticks * this.#units.tickMs;
    return { ...row, pid, mark, cpuMs, memoryBytes: pages * this.#units.pageBytes };
  }

  /** A kernel's thread, which has no memory, never has one. */
  #markOf(pid: number, { pages }: Stat): string | undefined {
    const mark = markOf(pid);
    if (mark === bare && pages > 0) this.#bare.add(pid);
    else this.#bare.delete(pid);
    return mark === bare ? undefined : mark;
  }
}

/** What no mark can be: there is no environment at all. */
const bare = "";

const shownBytes = 200;
const statBytes = 4096;
const buffer = Buffer.alloc(statBytes);

interface Stat {
  parent: number;
  group: number;
  session: number;
  start: number;
  ticks: number;
  pages: number;
}

/** See proc_pid_stat(5). A zombie is no process any more: it only waits to be waited for. */
function statOf(pid: number): Stat | undefined {
  const text = read(`/proc/${pid}/stat`, statBytes);
  if (text === undefined) return undefined;
  // The name stands in brackets, and may hold some itself.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const at = (field: number) => Number(fields[field - 3]);
  if (fields[0] === "Z" || fields[0] === "X") return undefined;
  return {
    parent: at(4),
    group: at(5),
    session: at(6),
    start: at(22),
    ticks: at(14) + at(15) + at(16) + at(17),
    pages: at(24),
  };
}

/** Of another user's process it can't be read: then it has none. Where it is empty: `bare`. */
function markOf(pid: number): string | undefined {
  const wanted = `\0${runMark}=`;
  for (let bytes = statBytes; bytes <= limits.processEnvironBytes; bytes *= 4) {
    const text = read(`/proc/${pid}/environ`, bytes);
    if (text === undefined) return undefined;
    if (text === "") return bare;
    const variables = `\0${text}`;
    const at = variables.indexOf(wanted);
    const end = at < 0 ? -1 : variables.indexOf("\0", at + 1);
    if (end > 0) return variables.slice(at + wanted.length, end);
    if (text.length < bytes) return undefined;
  }
  return undefined;
}

/** The first `bytes` bytes of a file of /proc, undefined when its process is gone. */
function read(path: string, bytes: number): string | undefined {
  const into = bytes <= buffer.length ? buffer : Buffer.alloc(bytes);
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    let size = 0;
    for (let got = -1; got !== 0 && size < bytes; size += got) {
      got = readSync(file, into, size, bytes - size, null);
    }
    return into.toString("latin1", 0, size);
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** A page's bytes and a tick's length, from the vector that the kernel hands to each program. */
function systemUnits(): { pageBytes: number; tickMs: number } {
  const values = new Map([
    [pageSize, 4096],
    [ticksASecond, 100],
  ]);
  const vector = readFileSync("/proc/self/auxv");
  for (let at = 0; at + 16 <= vector.length; at += 16) {
    const type = Number(vector.readBigUInt64LE(at));
    if (values.has(type)) values.set(type, Number(vector.readBigUInt64LE(at + 8)));
  }
  const ticks = values.get(ticksASecond) as number;
  return { pageBytes: values.get(pageSize) as number, tickMs: 1000 / ticks };
}

/** AT_PAGESZ and AT_CLKTCK, see getauxval(3). */
const pageSize = 6;
const ticksASecond = 17;
