import { execFile } from "node:child_process";
import { type ProcessRow, type ProcessTable, signalTo } from "./process-table.ts";

/** The processes that `ps` lists, where there is no /proc: without marks, sessions and usage. */
export class ListedProcesses implements ProcessTable {
  readonly isFull = false;
  /** By pid, of the last look. */
  #commands = new Map<number, string>();

  async rows(): Promise<ProcessRow[]> {
    const listed = await listing();
    this.#commands = new Map(listed.map(({ row, command }) => [row.pid, command]));
    return listed.map(({ row }) => row);
  }

  /** The row is some ms old: no pid comes round in that time. */
  signal(row: ProcessRow, name: NodeJS.Signals): boolean {
    return signalTo(row.pid, name);
  }

  commandOf({ pid }: ProcessRow): string {
    return this.#commands.get(pid) ?? "";
  }
}

interface Listed {
  row: ProcessRow;
  command: string;
}

const columns = "pid=,ppid=,pgid=,stat=,lstart=,command=";
const line = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+\w+ (.{20})\s+(.*)$/;
const listBytes = 16 * 1024 * 1024;
const shownChars = 200;

function listing(): Promise<Listed[]> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env.PATH, LC_ALL: "C" }, maxBuffer: listBytes };
    // Without ps nothing is found, and only the group is ended.
    execFile("ps", ["-axo", columns], options, (_error, text) => {
      resolve(text.split("\n").flatMap(listed));
    });
  });
}

function listed(text: string): Listed[] {
  const found = line.exec(text);
  if (found === null || /^[ZX]/.test(found[4] as string)) return [];
  const [pid = 0, parent = 0, group = 0] = found.slice(1, 4).map(Number);
  const start = Date.parse(found[5] as string);
  const none = { session: undefined, mark: undefined, cpuMs: 0, memoryBytes: 0 };
  const row = { pid, parent, group, start, ...none };
  return [{ row, command: (found[6] as string).slice(0, shownChars) }];
}
