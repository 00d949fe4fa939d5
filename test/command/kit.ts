import { readFileSync } from "node:fs";
import type { TestContext } from "node:test";
import { systemClock } from "../../lib/base/clock.ts";
import { Commands, type CommandsOptions } from "../../lib/command/commands.ts";
import type { CommandEnd } from "../../lib/command/end.ts";
import type { CommandFacts } from "../../lib/command/environment.ts";
import type { CommandMark } from "../../lib/command/orphans.ts";
import type { CommandStream } from "../../lib/command/output.ts";
import type { CommandRun } from "../../lib/command/run.ts";
import { type CommandOptions, parseCommand } from "../../lib/job/command.ts";

let runs = 0;

export function commandsOf(t: TestContext, options: Partial<CommandsOptions> = {}): Commands {
  const commands = new Commands({ clock: systemClock, ...options });
  t.after(() => commands.close());
  return commands;
}

export function newRunId(): string {
  return `run-${process.pid}-${runs++}`;
}

export function factsOf(facts: Partial<CommandFacts> = {}): CommandFacts {
  const job = { jobId: "job", attempt: 1, plannedAt: undefined, args: undefined };
  return { runId: newRunId(), ...job, ...facts };
}

export const asked = { asked: "stop", reason: "by hand" } as const;

interface Watching extends Partial<CommandsOptions> {
  facts?: Partial<CommandFacts>;
  /** Whether the consumer takes more, asked after each batch. */
  takesMore?: () => boolean;
}

/** A command that runs, and what it has said so far. Killed at the test's end. */
export class Watched {
  readonly run: CommandRun;
  readonly lines: { stream: CommandStream; text: string }[] = [];
  mark: CommandMark | undefined;
  #look: () => void = () => undefined;

  constructor(t: TestContext, options: CommandOptions, watching: Watching = {}) {
    const { facts, takesMore = () => true, ...tools } = watching;
    const spec = parseCommand(options, "command");
    this.run = commandsOf(t, tools).start(spec, factsOf(facts), {
      started: (mark) => {
        this.mark = mark;
      },
      lines: (stream, lines) => {
        for (const text of lines) this.lines.push({ stream, text });
        this.#look();
        return takesMore();
      },
    });
    t.after(() => {
      this.run.kill(asked, 0);
      return this.run.ended;
    });
  }

  get ended(): Promise<CommandEnd> {
    return this.run.ended;
  }

  get texts(): string[] {
    return this.lines.map(({ text }) => text);
  }

  /** The first line that matches, also if it came before; fails when the command ends without. */
  async line(pattern: RegExp): Promise<RegExpExecArray> {
    let isOver = false;
    void this.ended.then(() => {
      isOver = true;
      this.#look();
    });
    for (;;) {
      const found = this.texts.map((text) => pattern.exec(text)).find((match) => match !== null);
      if (found) return found;
      if (isOver) throw new Error(`ended without ${pattern}: ${this.texts.join("\n")}`);
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
  }
}

/** Runs a command to its end. */
export async function ran(t: TestContext, options: CommandOptions, watching: Watching = {}) {
  const watched = new Watched(t, options, watching);
  return { end: await watched.ended, lines: watched.lines, texts: watched.texts };
}

/** Whether a process lives: one that only waits to be waited for does not. */
export function lives(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

/** Waits for what no signal tells of, looking often, within the test's own bound. */
export async function until(t: TestContext, isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) {
    t.signal.throwIfAborted();
    await new Promise<void>((resolve) => {
      systemClock.after(5, resolve);
    });
  }
}
