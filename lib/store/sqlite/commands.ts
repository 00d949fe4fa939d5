import type { Page } from "../../job/job.ts";
import type { CommandChanges, CommandRow, CommandView } from "../../protocol/command.ts";
import type { CommandStore } from "../commands.ts";
import * as sql from "./command.sql.ts";
import { saveDefinition } from "./member.ts";
import * as read from "./read.sql.ts";
import type { Reader } from "./reader.ts";
import { optionalText } from "./rows.ts";
import type { Row, Session } from "./session.ts";

/** Stored commands, as they are written and read. */

export function commandStore(session: Session): CommandStore {
  const { namespace, book } = session;
  return {
    row(name) {
      const row = session.sql(sql.commandByName).get(namespace, name) as Row | undefined;
      return row && rowOf(row);
    },
    declared: () => (session.sql(sql.declaredCommands).all(namespace) as Row[]).map(rowOf),
    put({ name, spec, declared, revision }) {
      const values = [name, spec ?? null, declared ?? null, revision];
      session.sql(sql.saveCommand).run(namespace, ...values);
    },
    forget: (kept) => void session.sql(sql.forgetCommands).run(namespace, namespace, kept),
    isRun: (name) =>
      session.sql(read.definition).get(namespace, name) !== undefined &&
      session.sql(sql.workerOfJob).get(namespace, name) !== undefined,
    define(definition, now) {
      saveDefinition(session, definition, now);
      book.queue(definition.queue);
      book.limitJob(definition.name, definition.concurrency);
    },
    undefine(name) {
      session.sql(sql.deleteDefinition).run(namespace, name);
      book.limitJob(name, undefined);
    },
    nextRevision: () => book.nextRevision(),
  };
}

export function commandView(reader: Reader, name: string): CommandView | undefined {
  const row = reader.sql(sql.commandByName).get(reader.namespace, name) as Row | undefined;
  return row === undefined ? undefined : viewOf(reader, rowOf(row));
}

export function commandViews(
  reader: Reader,
  cursor: string | undefined,
  limit: number,
): Page<CommandView> {
  const after = cursor === undefined ? "" : Buffer.from(cursor, "base64url").toString();
  const rows = reader.sql(sql.commandsBehind).all(reader.namespace, after, limit + 1) as Row[];
  const items = rows.slice(0, limit).flatMap((row) => viewOf(reader, rowOf(row)) ?? []);
  const last = Buffer.from(items.at(-1)?.name ?? "").toString("base64url");
  return { items, next: rows.length > limit ? last : undefined };
}

export function commandChanges(reader: Reader, since: number, limit: number): CommandChanges {
  const { namespace } = reader;
  const rows = reader.sql(sql.commandsSince).all(namespace, since, limit) as Row[];
  // Whoever follows asks at every bell: it is not counted then.
  if (rows.length === 0) return { rows: [], live: 0 };
  const { live } = reader.sql(sql.liveCommands).get(namespace) as { live: number };
  return { rows: rows.map(rowOf), live };
}

function viewOf(reader: Reader, row: CommandRow): CommandView | undefined {
  const { name, spec } = row;
  if (spec === undefined) return undefined;
  const lanes = reader.lanes().filter((lane) => lane.name === name);
  const running = lanes.reduce((sum, { counts }) => sum + counts.running, 0);
  return { ...row, spec, running };
}

function rowOf(row: Row): CommandRow {
  return {
    name: String(row.name),
    spec: optionalText(row.spec),
    declared: optionalText(row.declared),
    revision: Number(row.revision),
  };
}
