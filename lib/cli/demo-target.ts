import { createHash } from "node:crypto";
import { realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { ErgateError } from "../base/error.ts";
import { type BytePath, bytePath } from "./demo-path.ts";

/**
 * What a demo works on. PATH and OUT make its identity: a start with the same two goes on with its
 * run.
 */
export interface DemoTarget {
  /** Of PATH and OUT, short: part of names and ids. */
  readonly key: string;
  /** PATH without links. */
  readonly root: BytePath;
  /** What stands before a file's path below the root, seen from where the demo was started. */
  readonly prefix: BytePath;
  readonly out: string;
  readonly db: string;
  /** Written beside OUT and renamed to it. */
  readonly part: string;
}

/** Throws ERR_ERGATE_OPTION where PATH is missing, or OUT can't be a file. */
export function demoTarget(start: string, path: string, out: string, db: string): DemoTarget {
  const root = realPath(resolve(start, path), "PATH");
  const outFile = atRealFolder(resolve(start, out), "--out");
  if (statSync(outFile, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw optionError("--out", `${outFile} is a folder`);
  }
  const key = createHash("sha256")
    .update(JSON.stringify([root, outFile]))
    .digest("hex")
    .slice(0, 12);
  return {
    key,
    root: bytePath(root),
    prefix: bytePath(relative(start, resolve(start, path))),
    out: outFile,
    db: atRealFolder(db, "--db"),
    part: join(dirname(outFile), `.${basename(outFile)}.${key}.part`),
  };
}

/** Whether a path is one of the demo's own files, which it leaves out. */
export function ownFiles({ db, out, part }: DemoTarget): (path: BytePath) => boolean {
  const own = new Set([db, out, part].map(bytePath));
  const side = `${bytePath(db)}-`;
  const kinds = /^(?:wal|shm|journal|bell|alive-.+|logs.*|sums-.+)$/s;
  return (path) => own.has(path) || (path.startsWith(side) && kinds.test(path.slice(side.length)));
}

/** A file's name in OUT: `sha256sum -c` finds it from the folder where the demo was started. */
export function nameIn({ root, prefix }: DemoTarget, path: BytePath): BytePath {
  const below = path.slice(root === "/" ? 1 : root.length + 1);
  const name = prefix === "" || below === "" ? `${prefix}${below}` : `${prefix}/${below}`;
  // A bare dash would be read as standard input.
  return name === "-" ? "./-" : name;
}

function realPath(path: string, option: string): string {
  try {
    return realpathSync(path);
  } catch {
    throw optionError(option, `there is no ${path}`);
  }
}

function atRealFolder(path: string, option: string): string {
  return join(realPath(dirname(path), option), basename(path));
}

function optionError(path: string, message: string): ErgateError {
  return new ErgateError("ERR_ERGATE_OPTION", message, { path });
}
