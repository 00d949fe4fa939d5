import { ErgateError, messageOf } from "../base/error.ts";
import { UsageError } from "./usage.ts";

const styles = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Style = keyof typeof styles;
export type Paint = (style: Style, text: string) => string;

type Stream = NodeJS.WritableStream & { isTTY?: boolean };

/** What the command line takes of its process; tests hand in their own. */
export interface Machine {
  stdin: NodeJS.ReadableStream;
  stdout: Stream;
  stderr: Stream;
  env: NodeJS.ProcessEnv;
  cwd(): string;
}

/** Where a command writes: its one answer to stdout, everything else to stderr. */
export class Out {
  readonly json: boolean;
  readonly #stdout: Stream;
  readonly #stderr: Stream;
  readonly #env: NodeJS.ProcessEnv;

  constructor(json: boolean, machine: Machine) {
    this.json = json;
    this.#stdout = machine.stdout;
    this.#stderr = machine.stderr;
    this.#env = machine.env;
  }

  /** The command's answer: one JSON value for programs, else text for people. */
  answer(value: unknown, text: (paint: Paint) => string): void {
    const said = this.json ? JSON.stringify(value) : text(this.#painter(this.#stdout));
    if (said !== "") this.#stdout.write(`${said}\n`);
  }

  /** A line for people beside the answer. */
  note(text: string): void {
    this.#stderr.write(`${text}\n`);
  }

  /** The terminal that a progress bar may be drawn on, undefined where there is none. */
  get terminal(): Stream | undefined {
    return this.#stderr.isTTY === true ? this.#stderr : undefined;
  }

  error(error: unknown): void {
    const { code, message, path, hint } = described(error);
    if (this.json) {
      this.#stderr.write(`${JSON.stringify({ error: { code, message, path } })}\n`);
      return;
    }
    const known = error instanceof ErgateError ? ` (${code})` : "";
    const head = this.#painter(this.#stderr)("red", "error:");
    this.#stderr.write(`${head} ${message}${known}\n${hint === undefined ? "" : `${hint}\n`}`);
  }

  #painter(stream: Stream): Paint {
    const { NO_COLOR: noColor, TERM: term } = this.#env;
    const coloured =
      stream.isTTY === true && (noColor === undefined || noColor === "") && term !== "dumb";
    return (style, text) => (coloured ? `\u001b[${styles[style]}m${text}\u001b[0m` : text);
  }
}

interface Described {
  code: string;
  message: string;
  path: string | undefined;
  hint: string | undefined;
}

function described(error: unknown): Described {
  const message = messageOf(error);
  if (error instanceof UsageError) {
    const topic = error.command === undefined ? "" : ` ${error.command}`;
    const hint = `Try: ergate${topic} --help`;
    return { code: "ERR_ERGATE_OPTION", message, path: undefined, hint };
  }
  if (error instanceof ErgateError) {
    return { code: error.code, message, path: error.path, hint: undefined };
  }
  const { code = "ERR_UNEXPECTED" } = error as { code?: string };
  return { code, message, path: undefined, hint: undefined };
}
