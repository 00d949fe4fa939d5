import { lstat, readdir } from "node:fs/promises";
import { messageOf } from "../base/error.ts";
import { type BytePath, bytesOf } from "./demo-path.ts";

export interface Walk {
  /** The demo's own files. */
  skips(path: BytePath): boolean;
  /** Gets folders that can't be read. */
  trouble(path: BytePath, reason: string): void;
  signal: AbortSignal;
}

/**
 * The files below `root`, a folder's at a time; `root` itself where it is a file. No `.git`
 * folders, and links are not followed.
 */
export async function* filesBelow(root: BytePath, walk: Walk): AsyncGenerator<BytePath[]> {
  if ((await lstat(bytesOf(root))).isFile()) {
    yield [root];
    return;
  }
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    walk.signal.throwIfAborted();
    const found = await listed(folder, walk);
    folders.push(...found.folders.reverse());
    if (found.files.length > 0) yield found.files;
  }
}

async function listed(
  folder: BytePath,
  walk: Walk,
): Promise<Record<"files" | "folders", BytePath[]>> {
  const files: BytePath[] = [];
  const folders: BytePath[] = [];
  const head = folder.endsWith("/") ? folder : `${folder}/`;
  for (const entry of await entriesOf(folder, walk)) {
    const name = entry.name.toString("latin1");
    const path = head + name;
    if (entry.isDirectory() && name !== ".git") folders.push(path);
    else if (entry.isFile() && !walk.skips(path)) files.push(path);
  }
  return { files, folders: folders.sort() };
}

async function entriesOf(folder: BytePath, walk: Walk) {
  try {
    return await readdir(bytesOf(folder), { withFileTypes: true, encoding: "buffer" });
  } catch (error) {
    walk.trouble(folder, messageOf(error));
    return [];
  }
}
