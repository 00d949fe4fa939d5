import { createHash, type Hash } from "node:crypto";
import { appendFileSync, closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { messageOf } from "../base/error.ts";
import type { JobContext } from "../job/context.ts";
import { discard } from "../job/directive.ts";
import { type HashArgs, type HashResult, pathBytes } from "./demo-path.ts";

/** Larger chunks gained nothing (measured), and a cancel is looked for between two. */
const chunkBytes = 256 * 1024;
const chunk = Buffer.allocUnsafe(chunkBytes);

/** A link that took the file's place is not followed, and a pipe's opening does not wait. */
const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** What another attempt meets again: the file can't be read by us. */
const lasting = new Set(["ENOENT", "EACCES", "EPERM", "EISDIR", "ELOOP", "ENOTDIR", "ENXIO"]);

/**
 * Hashes one file. Synchronous reads: this thread has nothing else to do, and they are the fastest.
 */
export default function hashFile(args: HashArgs, ctx: JobContext): HashResult {
  trace("begin", ctx);
  const result = hashed(pathBytes(args), ctx);
  trace("end", ctx);
  return result;
}

function hashed(path: Buffer, ctx: JobContext): HashResult {
  let handle: number | undefined;
  try {
    handle = openSync(path, openFlags);
    if (!fstatSync(handle).isFile()) throw discard("it is no file any more");
    const hash = createHash("sha256");
    const bytes = readInto(hash, handle, ctx);
    return { sha256: hash.digest("hex"), bytes };
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    throw lasting.has(code) ? discard(messageOf(error)) : error;
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

function readInto(hash: Hash, handle: number, ctx: JobContext): number {
  let bytes = 0;
  for (;;) {
    const read = readSync(handle, chunk, 0, chunkBytes, null);
    if (read === 0) return bytes;
    hash.update(read === chunkBytes ? chunk : chunk.subarray(0, read));
    bytes += read;
    ctx.throwIfEnded();
  }
}

const { ERGATE_DEMO_TRACE: traceFile } = process.env;

/** For tests that kill the process: which runs there were, in a file that outlives it. */
function trace(what: string, { id, attempt, fence }: JobContext): void {
  if (traceFile === undefined) return;
  appendFileSync(traceFile, `${what} ${id} ${attempt} ${fence} ${process.pid}\n`);
}
