/** Exit codes of a process that a signal ended, as shells give them. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;
export type EndSignal = keyof typeof exitCodes;

/** What the process exits with once it has ended as that signal asked. */
export function exitCodeOf(signal: EndSignal): number {
  return exitCodes[signal];
}

/**
 * Resolves with the first SIGTERM or SIGINT; from then on the next one ends the process at once.
 */
export function firstSignal(): Promise<EndSignal> {
  return new Promise((resolve) => {
    let asked = false;
    const listen = (signal: EndSignal) => {
      if (asked) process.exit(exitCodes[signal]);
      asked = true;
      resolve(signal);
    };
    process.on("SIGTERM", listen).on("SIGINT", listen);
  });
}
