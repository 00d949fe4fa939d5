import { readFile } from "node:fs/promises";
import { type Route, route } from "../route.ts";
import { docsFiles } from "./files.ts";

/** It loads its own files and talks to its own server; no text becomes markup or script. */
const policy = [
  ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
  "require-trusted-types-for 'script'",
].join("; ");

/** A page to try the API, in files of its own: read when they are asked for. */
export const docsRoutes: readonly Route[] = docsFiles.map(({ path, name, mediaType, summary }) =>
  route({
    ...{ method: "get", path, right: "read", summary, answer: { mediaType } },
    async run() {
      // The build lays the files beside its chunks, as they lie beside this one.
      const bytes = await readFile(new URL(`./${name}`, import.meta.url));
      const headers = { "content-type": `${mediaType}; charset=utf-8` };
      return new Response(bytes, { headers: { ...headers, "content-security-policy": policy } });
    },
  }),
);
