import { statfsSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { type Column, table } from "../lib/cli/table.ts";
import type { Row, Settings } from "./harness.ts";

/** What people read of the rows; programs read the rows themselves. */

const columns: readonly Column<Row>[] = [
  { head: "name", cell: ({ name }) => name },
  { head: "settings", cell: ({ settings }) => settingsText(settings) },
  { head: "value", right: true, cell: ({ value }) => number(value) },
  { head: "unit", cell: ({ unit }) => unit },
  { head: "limit", right: true, cell: ({ limit }) => number(limit) },
  { head: "ratio", right: true, cell: ({ ratio }) => number(ratio) },
  { head: "reach", right: true, cell: reachText },
  { head: "met", cell: ({ met }) => (met === null ? "-" : met ? "yes" : "NO") },
  { head: "spread", right: true, cell: spreadText },
  { head: "against", cell: ({ against }) => against },
];

export function reportTable(rows: readonly Row[]): string {
  return table((_style, text) => text, rows, columns, "nothing was measured");
}

/** As a reader of the table wants it: `≥ 0.7`, and for a row judged by its value `≤ 10 ms`. */
export function reachText({ reach, direction, of, unit }: Row): string {
  if (reach === null) return "-";
  const sign = direction === "at least" ? "≥" : "≤";
  return of === "value" ? `${sign} ${reach} ${unit}` : `${sign} ${reach}×`;
}

function spreadText({ spread: { min, max }, rounds }: Row): string {
  return rounds === 1 ? "-" : `${number(min)}–${number(max)}`;
}

function settingsText(settings: Settings): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key} ${value}`)
    .join(", ");
}

function number(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return "-";
  return Math.abs(value) >= 1_000 ? Math.round(value).toLocaleString("en") : String(value);
}

const tmpfsType = 0x01021994;

/** What the figures depend on beside the code. */
export function machineText(): string {
  const folder = tmpdir();
  const onMemory = statfsSync(folder).type === tmpfsType;
  const disk = onMemory ? `${folder} (tmpfs: memory, no disk; set TMPDIR)` : folder;
  const model = cpus()[0]?.model ?? "unknown processor";
  return `Node ${process.version}, ${availableParallelism()} cores of ${model}, files in ${disk}`;
}
