import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "./command.ts";
import { withDatabase } from "./database.ts";
import { storageOptions } from "./options.ts";
import { bytesText } from "./text.ts";

export const backup: Command = {
  name: "backup",
  words: "FILE",
  least: 1,
  summary: "write a consistent copy of the database while it is used",
  options: storageOptions,
  run: (call) =>
    withDatabase(call, "existing", async (runtime) => {
      const file = resolve(call.start, call.args.words[0] as string);
      await runtime.backup(file);
      const { size } = statSync(file);
      call.out.answer({ file, bytes: size }, () => `${file}: ${bytesText(size)}`);
      return 0;
    }),
};
