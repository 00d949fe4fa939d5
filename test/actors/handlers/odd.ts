import type { JobContext } from "../../../lib/thread/handler.ts";

/** Gives its context what no program with types would; the same in the loop and in a thread. */
export default async function odd(args: { does: string }, ctx: JobContext): Promise<unknown> {
  const said = ctx as unknown as Record<
    "progress" | "checkIn" | "enqueue",
    (...a: unknown[]) => unknown
  >;
  if (args.does === "progress") {
    for (const share of [Number.NaN, "x", null, undefined, -1, 1 + 1e-9]) said.progress(share, 7);
    said.checkIn({ text: 1 });
    said.progress("0.5", Symbol("note"));
    return "went on";
  }
  if (args.does === "date") return { at: new Date(0) };
  try {
    return await said.enqueue(null);
  } catch (error) {
    const { name, code, path } = error as { name: string; code: string; path: string };
    return { name, code, path };
  }
}
