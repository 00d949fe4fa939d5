import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { LogChunk } from "../../lib/log/chunk.ts";
import { LogCollector } from "../../lib/log/collector.ts";
import type { LogLine } from "../../lib/log/line.ts";
import type { LogPage } from "../../lib/log/page.ts";
import { type LogQuery, type LogStore, openLogStore } from "../../lib/log/store.ts";

/** A path in a folder that is gone after the test. */
export function tempFile(t: TestContext, name = "app.db-logs"): string {
  const folder = mkdtempSync(join(tmpdir(), "ergate-log-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, name);
}

export function tempStore(
  t: TestContext,
  place: "thread" | "inline",
  file = tempFile(t),
  namespace = "default",
): LogStore {
  const store = openLogStore({ file, namespace, place });
  t.after(() => store.close());
  return store;
}

/** One chunk a call, of lines that a run wrote at `at`. */
export function chunkOf(
  id: string,
  attempt: number,
  texts: readonly string[],
  at = 1000,
): LogChunk {
  const batchLines = Number.POSITIVE_INFINITY;
  const collector = new LogCollector({ clock: { now: () => at }, wake: () => {}, batchLines });
  const log = collector.run(id, attempt);
  for (const text of texts) log.info(text);
  const [chunk, more] = collector.next();
  if (chunk === undefined || more !== undefined) throw new Error("not one chunk's worth of lines");
  return chunk;
}

/** One chunk of lines with those times. */
export function linesAt(id: string, times: readonly number[]): LogChunk {
  const collector = new LogCollector({ clock: { now: () => 0 }, wake: () => {} });
  const log = collector.run(id, 1);
  for (const at of times) log.line(at, "stdout", "info", `at ${at}`);
  return collector.next()[0] as LogChunk;
}

export function numbered(count: number, prefix = "line"): string[] {
  return Array.from({ length: count }, (_, at) => `${prefix} ${at}`);
}

/** Every page of a log, one after the other. */
export async function readAll(store: LogStore, query: LogQuery): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  let cursor: string | undefined;
  do {
    const page: LogPage = await store.read({ ...query, cursor });
    lines.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined);
  return lines;
}

export function texts(lines: readonly LogLine[]): string[] {
  return lines.map((line) => line.text);
}
