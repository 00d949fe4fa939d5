import type Database from "better-sqlite3";
import type { Clock } from "../../base/clock.ts";
import { Turns } from "../turns.ts";
import { Book } from "./book.ts";
import type { Locks } from "./lock.ts";

/** One parameter or column as SQLite holds it. */
export type Value = number | string | null;
export type Row = Record<string, Value>;

/**
 * What every write works on: the connection, its prepared statements, and the cached book of lanes.
 */
export interface Session {
  readonly db: Database.Database;
  readonly namespace: number;
  readonly namespaceName: string;
  readonly book: Book;
  readonly locks: Locks;
  readonly clock: Clock;
  /** This store's own worker, once it joined. */
  worker: { key: number; id: string } | undefined;
  /** Whether another connection wrote since this worker's last claim. */
  strangers: boolean;
  /** The paused queues that this worker's last claim told, to tell only changes. */
  toldPaused: string | undefined;
  /** By a demand's place in the claim, for its slots and for what it claims ahead. */
  readonly turns: Turns[];
  /** Whether this transaction freed a named lock. */
  freedLocks: boolean;
  /** Settle one by one: the second try of a batch in which a settlement is late. */
  exact: boolean;
  /** The prepared statement of a constant; prepared once a connection. */
  sql(text: string): Database.Statement<Value[]>;
}

export function openSession(
  db: Database.Database,
  namespace: { key: number; name: string },
  locks: Locks,
  clock: Clock,
): Session {
  const sql = statements(db);
  return {
    db,
    namespace: namespace.key,
    namespaceName: namespace.name,
    book: new Book(namespace.key, sql),
    locks,
    clock,
    worker: undefined,
    strangers: true,
    toldPaused: undefined,
    turns: [],
    freedLocks: false,
    exact: false,
    sql,
  };
}

/** Whose turn it is between queues, for one place of a demand. */
export function turnsOf({ turns }: Pick<Session, "turns">, at: number): Turns {
  const known = turns[at] ?? new Turns();
  turns[at] = known;
  return known;
}

/** Prepared statements by their text. */
export function statements(db: Database.Database): (text: string) => Database.Statement<Value[]> {
  const prepared = new Map<string, Database.Statement<Value[]>>();
  return (text) => {
    let statement = prepared.get(text);
    if (statement === undefined) {
      statement = db.prepare<Value[]>(text);
      prepared.set(text, statement);
    }
    return statement;
  };
}
