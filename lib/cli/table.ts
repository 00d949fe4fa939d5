import type { Paint, Style } from "./out.ts";
import { oneLine } from "./text.ts";

export interface Column<Row> {
  readonly head: string;
  /** Numbers stand to the right. */
  readonly right?: boolean;
  cell(row: Row): string | number | undefined;
  style?(row: Row): Style | undefined;
}

/** Aligned columns under a head; `none` where there is no row. */
export function table<Row>(
  paint: Paint,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  none: string,
): string {
  if (rows.length === 0) return none;
  const cells = rows.map((row) =>
    columns.map((column) => oneLine(String(column.cell(row) ?? "-"))),
  );
  const widths = columns.map(({ head }, at) =>
    cells.reduce((most, line) => Math.max(most, (line[at] as string).length), head.length),
  );
  const padded = (text: string, at: number) => {
    const width = widths[at] as number;
    if (columns[at]?.right === true) return text.padStart(width);
    return at === columns.length - 1 ? text : text.padEnd(width);
  };
  const head = columns.map((column, at) => paint("dim", padded(column.head, at))).join("  ");
  const lines = rows.map((row, line) =>
    columns
      .map((column, at) => {
        const text = padded(cells[line]?.[at] as string, at);
        const style = column.style?.(row);
        return style === undefined ? text : paint(style, text);
      })
      .join("  "),
  );
  return [head, ...lines].join("\n");
}

/** `name  value` lines, aligned. */
export function facts(
  paint: Paint,
  pairs: readonly (readonly [string, string | undefined])[],
): string {
  const shown = pairs.filter(([, value]) => value !== undefined);
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${paint("dim", name.padEnd(width))}  ${value}`).join("\n");
}
