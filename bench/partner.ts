import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { messageOf } from "../lib/base/error.ts";

/**
 * A process of its own that helps a side: the clients of a server, whose work must not count as the
 * server's. One question at a time.
 */
export class Partner<Question extends object> {
  readonly #child: ChildProcess;

  constructor(entry: URL) {
    this.#child = fork(entry, { stdio: ["ignore", 2, 2, "ipc"] });
  }

  /** Resolves with its answer; rejects with its fault, or at its end. */
  async ask(question: Question): Promise<unknown> {
    this.tell(question);
    const ended = once(this.#child, "exit").then(() => [{ fault: "a partner ended" }]);
    const [answer] = await Promise.race([once(this.#child, "message"), ended]);
    if ("fault" in answer) throw new Error(answer.fault);
    return answer;
  }

  tell(message: Question): void {
    this.#child.send(message);
  }

  /** It ends when nobody speaks to it any more. */
  end(): void {
    this.#child.disconnect();
  }
}

/** In the partner's process: `act` answers a question; undefined where it was only told. */
export function answerQuestions<Question>(
  act: (question: Question) => Promise<object> | undefined,
): void {
  const answer = (value: object) => process.send?.(value);
  process.on("message", (question: Question) => {
    act(question)?.then(answer, (error) => answer({ fault: messageOf(error) }));
  });
  process.on("disconnect", () => process.exit());
}
