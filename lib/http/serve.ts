import { createApp, type HttpParts, type Routes } from "./app.ts";
import { type Listening, listen } from "./server.ts";
import { v2 } from "./v2/index.ts";

/** All routes, in the order in which they are asked. */
const routes: readonly Routes[] = [v2];

/** The HTTP face of one runtime: loaded when it is first used, since few runtimes do. */
export interface HttpFace {
  fetch(request: Request): Promise<Response>;
  listen(): Promise<Listening>;
}

export function createFace(parts: Omit<HttpParts, "closing">): HttpFace {
  const closing = new AbortController();
  const app = createApp({ ...parts, closing: closing.signal }, routes);
  const fetch = async (request: Request) => app.fetch(request);
  return {
    fetch,
    async listen() {
      const { close, ...listening } = await listen(fetch, parts.settings, parts.clock);
      const end = () => {
        closing.abort();
        return close();
      };
      return { ...listening, close: end };
    },
  };
}
