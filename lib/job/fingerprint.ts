import { hash } from "node:crypto";
import { limits } from "../base/limits.ts";
import type { RunError } from "./outcome.ts";
import type { JobState } from "./state.ts";

/**
 * What errors of one kind have in common, as 12 hex digits: the error's name, its message without
 * what differs from case to case (numbers, ids, quoted texts, paths), and the first frame of its
 * stack that is the user's own, without its line. Stable over restarts, machines and folders.
 */
export function fingerprintOf({ message, stack }: RunError): string {
  const parts = [nameIn(stack), blanked(message.slice(0, limits.fingerprintChars)), frameIn(stack)];
  return hash("sha256", parts.join("\n"), "hex").slice(0, 12);
}

/** Of a death that no error explains: of its reason. Undefined for any other state. */
export function fingerprintOfReason(state: JobState, reason: string): string | undefined {
  return state === "dead" ? fingerprintOf({ message: reason, stack: undefined }) : undefined;
}

/** An apostrophe within a word opens no quotation. */
const quoted = /"[^"\n]*"|`[^`\n]*`|(?<!\w)'[^'\n]*'(?!\w)/g;

function blanked(message: string): string {
  return message.replace(quoted, "…").replace(/\s+/g, " ").replace(/\S+/g, blankedWord).trim();
}

function blankedWord(word: string): string {
  if (/[\\/]/.test(word)) return "/";
  return word.replace(/[\w.-]+/g, (part) =>
    /\d/.test(part) || /^[0-9a-f]{8,}$/i.test(part) ? "#" : part,
  );
}

/** A stack begins with its error's name. */
function nameIn(stack: string | undefined): string {
  return /^[\w$.]+(?= \[|:|\n|$)/.exec(stack ?? "")?.[0] ?? "";
}

/** Function and file of the first frame that is neither Node's nor a dependency's. */
function frameIn(stack: string | undefined): string {
  for (const [line] of (stack ?? "").matchAll(/^ +at .+$/gm)) {
    if (/\bnode:|[\\/]node_modules[\\/]/.test(line)) continue;
    const frame = /^ +at (?:async )?(?:(.+) \()?([^()]+):\d+:\d+\)?$/.exec(line);
    if (frame !== null) return `${frame[1] ?? ""} ${frame[2]?.split(/[\\/]/).at(-1)}`;
  }
  return "";
}
