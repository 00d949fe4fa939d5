import type { Page } from "../../job/job.ts";
import type { CommandChanges, CommandRow, CommandView } from "../../protocol/command.ts";
import type { CommandStore } from "../commands.ts";
import type { Session } from "./session.ts";
import type { Table } from "./table.ts";

/** Stored commands, as they are written and read. */

export function commandStore({ table, counters }: Session): CommandStore {
  const { commands, definitions, workers } = table;
  return {
    row: (name) => commands.get(name),
    declared: () => [...commands.values()].filter(({ declared }) => declared !== undefined),
    put(row) {
      commands.set(row.name, row);
      table.changes++;
    },
    forget(kept) {
      const removed = [...commands.values()].filter(
        ({ spec, declared }) => spec === undefined && declared === undefined,
      );
      removed.sort((one, other) => other.revision - one.revision);
      for (const { name } of removed.slice(kept)) commands.delete(name);
    },
    isRun: (name) =>
      definitions.has(name) && [...workers.values()].some(({ jobs }) => jobs.includes(name)),
    define: (definition, now) => table.declare({ definitions: [definition] }, now),
    undefine: (name) => void definitions.delete(name),
    nextRevision: () => ++counters.revision,
  };
}

export function commandView(table: Table, name: string): CommandView | undefined {
  const row = table.commands.get(name);
  if (row?.spec === undefined) return undefined;
  return { ...row, spec: row.spec, running: table.runningOfName(name) };
}

export function commandViews(
  table: Table,
  cursor: string | undefined,
  limit: number,
): Page<CommandView> {
  const after = cursor === undefined ? "" : Buffer.from(cursor, "base64url").toString();
  const names = [...table.commands.keys()].filter((name) => name > after).sort();
  const views = names.flatMap((name) => commandView(table, name) ?? []);
  const items = views.slice(0, limit);
  const last = Buffer.from(items.at(-1)?.name ?? "").toString("base64url");
  return { items, next: views.length > limit ? last : undefined };
}

export function commandChanges(table: Table, since: number, limit: number): CommandChanges {
  const all = [...table.commands.values()];
  const rows = all.filter(({ revision }) => revision > since).sort(byRevision);
  if (rows.length === 0) return { rows: [], live: 0 };
  return {
    rows: rows.slice(0, limit).map((row) => ({ ...row })),
    live: all.filter(({ spec }) => spec !== undefined).length,
  };
}

function byRevision(one: CommandRow, other: CommandRow): number {
  return one.revision - other.revision;
}
