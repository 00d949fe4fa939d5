/** The command line itself is wrong: one line, a hint, exit 2. */
export class UsageError extends Error {
  /** What to ask for help about, such as `jobs ls`; undefined: everything. */
  readonly command: string | undefined;

  constructor(message: string, command?: string) {
    super(message);
    this.name = "UsageError";
    this.command = command;
  }
}
