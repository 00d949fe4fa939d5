import { appendFileSync } from "node:fs";
import type { JobContext } from "../../../lib/job/context.ts";

let file = "";

export const setup = async () => ({ ready: true });

export default (args: { file: string }, ctx: JobContext) => {
  file = args.file;
  return ctx.base;
};

export function teardown(): void {
  if (file !== "") appendFileSync(file, "torn\n");
}
