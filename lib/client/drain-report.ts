/** Jobs that a drain leaves, by what they wait for. */
export interface DrainReport {
  /** Their time. */
  scheduled: number;
  retryable: number;
  /** The end of their queue's pause. */
  paused: number;
  /** A place in a limit whose places are all taken by runs that can't be ended. */
  limited: number;
  /** A worker that knows their name. */
  unroutable: number;
}
