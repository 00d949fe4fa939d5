import type { Readiness } from "../client/readiness.ts";
import type { Figures } from "./metrics/figures.ts";

/** What the server tells of its runtime beside what any client sees. */
export interface Inside {
  readiness(): Readiness;
  figures(): Promise<Figures>;
}
