import type { LimitStep } from "../job/command-limits.ts";

/**
 * The text of a shell that sets the limits and becomes the program in its arguments, with both its
 * streams in one where `merges`. What can't be set is named on descriptor 3, and nothing runs.
 */
export function shellScript(steps: readonly LimitStep[], merges: boolean): string {
  const lines = steps.flatMap(({ name, script }) =>
    script === undefined ? [] : [`{ ${script}; } 2>/dev/null || refuse ${name}`],
  );
  const nice = steps.find(({ name }) => name === "nice");
  const run = [
    "exec",
    ...(steps.length > 0 ? ["3>&-"] : []),
    ...(merges ? ["2>&1"] : []),
    ...(nice === undefined ? [] : [`nice -n ${nice.value}`]),
    '"$@"',
  ];
  return ['refuse() { printf %s "$1" >&3; exit 126; }', ...lines, run.join(" ")].join("\n");
}
