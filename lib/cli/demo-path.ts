/**
 * Names of files are bytes, and need not be UTF-8. Here a path is text with one character a byte
 * (latin1): it compares, sorts and cuts as its bytes do, and nothing of it is lost.
 */
export type BytePath = string;

/** What the job of one file carries. */
export interface HashArgs {
  /** Absolute, for people; it is the path wherever that is UTF-8. */
  path: string;
  /** Its bytes in base64, where they are no UTF-8. */
  bytes?: string;
}

export interface HashResult {
  sha256: string;
  bytes: number;
}

export function bytePath(path: string): BytePath {
  return Buffer.from(path).toString("latin1");
}

export function bytesOf(path: BytePath): Buffer {
  return Buffer.from(path, "latin1");
}

export function hashArgs(path: BytePath): HashArgs {
  const bytes = bytesOf(path);
  const text = bytes.toString();
  if (Buffer.from(text).equals(bytes)) return { path: text };
  return { path: text, bytes: bytes.toString("base64") };
}

export function pathBytes({ path, bytes }: HashArgs): Buffer {
  return bytes === undefined ? Buffer.from(path) : Buffer.from(bytes, "base64");
}
