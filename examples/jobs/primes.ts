/** CPU work: it runs in a thread, and the process stays free for others. */
export const primes = {
  name: "primes",
  thread: new URL("./primes-thread.ts", import.meta.url),
  timeout: "1m",
};
