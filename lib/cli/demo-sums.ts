import { type FileHandle, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { BytePath } from "./demo-path.ts";
import type { DemoTarget } from "./demo-target.ts";

/** Lines are written so many bytes at once. */
const blockChars = 256 * 1024;
const escapes: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r" };

/** Writes OUT whole or not at all: beside it, to disk, then in its place. */
export async function writeSums(target: DemoTarget, lines: AsyncIterable<string>): Promise<void> {
  const handle = await open(target.part, "w");
  try {
    await writeBlocks(handle, lines);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(target.part, target.out);
  await syncFolder(dirname(target.out));
}

/** A line as sha256sum writes it: a name with a backslash or line end is escaped, and marked so. */
export function sumLine(sha256: string, name: BytePath): string {
  const escaped = name.replace(/[\\\n\r]/g, (char) => escapes[char] as string);
  return `${escaped === name ? "" : "\\"}${sha256}  ${escaped}\n`;
}

async function writeBlocks(handle: FileHandle, lines: AsyncIterable<string>): Promise<void> {
  let block = "";
  const write = () => handle.write(Buffer.from(block, "latin1"));
  for await (const line of lines) {
    block += line;
    if (block.length < blockChars) continue;
    await write();
    block = "";
  }
  if (block !== "") await write();
}

/**
 * The new name is on disk only with its folder; where folders can't be opened that is not needed.
 */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
