import type { StatsView } from "../client/client.ts";
import { jobStates } from "../job/state.ts";
import type { Command } from "./command.ts";
import { withClient } from "./database.ts";
import { clientOptions } from "./options.ts";
import type { Paint } from "./out.ts";
import { facts } from "./table.ts";
import { stateStyle } from "./text.ts";

export const stats: Command = {
  name: "stats",
  summary: "count the file's jobs by state",
  options: clientOptions,
  run: (call) =>
    withClient(call, "existing", async (client) => {
      const view = await client.stats();
      call.out.answer(view, (paint) => countsText(paint, view.counts));
      return 0;
    }),
};

export function countsText(paint: Paint, counts: StatsView["counts"]): string {
  const width = Math.max(...jobStates.map((state) => String(counts[state]).length));
  const lines = jobStates.map((state) => {
    const text = String(counts[state]).padStart(width);
    return [state, counts[state] === 0 ? text : paint(stateStyle(state), text)] as const;
  });
  return facts(paint, lines);
}
