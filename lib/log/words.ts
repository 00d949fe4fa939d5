import { limits } from "../base/limits.ts";

/**
 * What a search matches. A word is a run of letters, digits and their marks, as SQLite's unicode61
 * cuts them; case and the accents of letters don't count. Both engines and the index cut lines
 * here, so that they can't disagree: the index gets words, not text.
 */
export interface Term {
  /** They must follow each other: `10.0.0.1` is four words. */
  readonly words: readonly string[];
  /** Whether the last may be the beginning of a longer word. */
  readonly prefix: boolean;
}

const word = /[\p{L}\p{N}\p{M}\p{Co}]+/gu;
const asciiWord = /[a-z0-9]+/g;
const beyondAscii = /[^\0-\x7f]/;

/** Text as it is compared: lower case, without accents. */
export function folded(text: string): string {
  const lower = text.toLowerCase();
  if (!beyondAscii.test(lower)) return lower;
  return lower
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .replaceAll("ς", "σ");
}

/** The words of folded text, in order. */
function wordsOf(text: string): readonly string[] {
  return text.match(beyondAscii.test(text) ? word : asciiWord) ?? none;
}

/** One term for each piece between spaces; a piece without a word is none. */
export function termsOf(text: string): Term[] {
  return text.split(/\s+/).flatMap((piece) => {
    const words = wordsOf(folded(piece));
    return words.length === 0 ? [] : [{ words, prefix: piece.endsWith("*") }];
  });
}

/** Whether a line has all the terms. */
export function matches(terms: readonly Term[], text: string): boolean {
  const line = folded(text);
  // Most lines of a chunk that was found have not all of it: this is ten times cheaper than words.
  if (!mayMatch(terms, line)) return false;
  const words = wordsOf(line);
  return terms.every((term) => words.some((_, at) => standsAt(term, words, at)));
}

/** Whether folded text could have the terms: none of its lines do where it has not the letters. */
export function mayMatch(terms: readonly Term[], text: string): boolean {
  return terms.every(({ words }) => words.every((each) => text.includes(each)));
}

/** The words of some lines as the index takes them, each once, long ones by their beginning. */
export function indexText(lines: readonly { text: string }[]): string {
  const found = new Set<string>();
  for (const { text } of lines) {
    for (const each of wordsOf(folded(text))) found.add(each.slice(0, limits.logWordChars));
  }
  return [...found].join(" ");
}

/** A query of FTS5 for what holds all the words, in whatever order. Words need no escaping. */
export function indexQuery(terms: readonly Term[]): string {
  return terms
    .flatMap(({ words, prefix }) =>
      words.map((each, at) => {
        const last = prefix && at === words.length - 1 && each.length <= limits.logWordChars;
        return `"${each.slice(0, limits.logWordChars)}"${last ? " *" : ""}`;
      }),
    )
    .join(" AND ");
}

function standsAt({ words, prefix }: Term, line: readonly string[], at: number): boolean {
  return words.every((each, offset) => {
    const found = line[at + offset];
    if (found === undefined) return false;
    return prefix && offset === words.length - 1 ? found.startsWith(each) : found === each;
  });
}

const none: readonly string[] = [];
