import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

/**
 * Loaded before the tests: what one process made of the sources serves all others, also those that
 * tests start. Without it stripping types was a fifth of the suite's time.
 */
const directory = fileURLToPath(new URL("../node_modules/.cache/compile", import.meta.url));
enableCompileCache(directory);
process.env.NODE_COMPILE_CACHE = directory;
