import { kernel } from "./kernel.ts";

/** The job of about a millisecond of CPU, in a thread. */
export default function pbkdf2({ iterations }: { iterations: number }): void {
  kernel(iterations);
}
