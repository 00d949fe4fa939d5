import { limits } from "../base/limits.ts";
import type { StoredDefinition } from "../job/registry.ts";
import type {
  CommandAnswers,
  CommandRow,
  CommandWrite,
  SavedCommand,
} from "../protocol/command.ts";

/** What an engine does for stored commands; what is to be done is decided here for all of them. */
export interface CommandStore {
  /** Removed ones too. */
  row(name: string): CommandRow | undefined;
  /** Those that code has said something of. */
  declared(): readonly CommandRow[];
  put(row: CommandRow): void;
  /** Forgets the oldest removed ones of more than `kept`. */
  forget(kept: number): void;
  /** Whether the name has a definition that a worker which is there runs. */
  isRun(name: string): boolean;
  define(definition: StoredDefinition, now: number): void;
  undefine(name: string): void;
  nextRevision(): number;
}

type Answer = CommandAnswers[CommandWrite["type"]];

export function writeCommands(store: CommandStore, write: CommandWrite): Answer {
  switch (write.type) {
    case "saveCommand":
      return save(store, write.command, write.now);
    case "removeCommand":
      return { removed: remove(store, store.row(write.name)) };
    case "declareCommands":
      return { taken: declare(store, write.commands, write.now) };
    default:
      return write satisfies never;
  }
}

function save(
  store: CommandStore,
  { name, spec, definition }: SavedCommand,
  now: number,
  declared?: string,
): CommandAnswers["saveCommand"] {
  const row = store.row(name);
  if (row?.spec === undefined && store.isRun(name)) return { type: "taken" };
  store.put({ name, spec, declared: declared ?? row?.declared, revision: store.nextRevision() });
  store.define(definition, now);
  return { type: "saved", previous: row?.spec };
}

/** What code said of it stands: it says it again at its next start, and a hand has removed it. */
function remove(store: CommandStore, row: CommandRow | undefined): boolean {
  if (row?.spec === undefined) return false;
  store.put({ ...row, spec: undefined, revision: store.nextRevision() });
  store.undefine(row.name);
  store.forget(limits.removedCommands);
  return true;
}

function declare(store: CommandStore, commands: readonly SavedCommand[], now: number): string[] {
  const names = new Set(commands.map(({ name }) => name));
  for (const row of store.declared()) {
    if (names.has(row.name)) continue;
    const undeclared = { ...row, declared: undefined };
    if (!remove(store, undeclared)) store.put(undeclared);
  }
  return commands.flatMap((command) => {
    if (store.row(command.name)?.declared === command.spec) return [];
    const { type } = save(store, command, now, command.spec);
    return type === "taken" ? [command.name] : [];
  });
}
