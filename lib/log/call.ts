import type { JobId } from "../job/job.ts";
import type { LogChunk } from "./chunk.ts";
import type { ChunkPage, ChunkQuery, Forgotten, LogEngine, PruneBounds, Pruned } from "./engine.ts";
import type { SearchPage, SearchQuery } from "./search.ts";

/** The closed set of calls to an engine, as they cross the port of its thread. */
export type LogCall =
  | { type: "append"; batch: FlatChunks }
  | { type: "read"; query: ChunkQuery }
  | { type: "search"; query: SearchQuery }
  | { type: "forget"; ids: readonly JobId[]; at: number | undefined }
  | { type: "prune"; bounds: PruneBounds; limit: number };

export interface LogAnswers {
  append: undefined;
  read: ChunkPage;
  search: SearchPage;
  forget: Forgotten;
  prune: Pruned;
}

export type LogAnswer<C extends LogCall = LogCall> = LogAnswers[C["type"]];

/** Whoever answers calls: an engine in this thread, or the thread of one. */
export type LogCaller = <C extends LogCall>(call: C) => Promise<LogAnswer<C>>;

/** Chunks as two flat arrays: cloning an object each was a third of a batch's way to the thread. */
export interface FlatChunks {
  /** Of each chunk its id and its body. */
  readonly texts: readonly string[];
  /** Of each chunk attempt, at, lastAt, lines, bytes. */
  readonly numbers: readonly number[];
}

export function answer(engine: LogEngine, call: LogCall): LogAnswer {
  switch (call.type) {
    case "append":
      return void engine.append(unflat(call.batch));
    case "read":
      return engine.read(call.query);
    case "search":
      return engine.search(call.query);
    case "forget":
      return engine.forget(call.ids, call.at);
    case "prune":
      return engine.prune(call.bounds, call.limit);
    default:
      return call satisfies never;
  }
}

export function flat(chunks: readonly LogChunk[]): FlatChunks {
  const texts: string[] = [];
  const numbers: number[] = [];
  for (const chunk of chunks) {
    texts.push(chunk.id, chunk.body);
    numbers.push(chunk.attempt, chunk.at, chunk.lastAt, chunk.lines, chunk.bytes);
  }
  return { texts, numbers };
}

function unflat({ texts, numbers }: FlatChunks): LogChunk[] {
  const chunks: LogChunk[] = [];
  for (let text = 0, number = 0; text < texts.length; text += 2, number += 5) {
    chunks.push({
      id: texts[text] as string,
      attempt: numbers[number] as number,
      at: numbers[number + 1] as number,
      lastAt: numbers[number + 2] as number,
      lines: numbers[number + 3] as number,
      bytes: numbers[number + 4] as number,
      body: texts[text + 1] as string,
    });
  }
  return chunks;
}
