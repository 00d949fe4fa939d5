/** Throws when what must hold does not: a defect in Ergate, never the user's mistake. */
export function assert(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new Error(`Ergate assertion failed: ${sentence}`);
}
