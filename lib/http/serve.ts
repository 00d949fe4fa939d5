import { randomToken } from "../base/random.ts";
import { createApp, type HttpParts, type Routes } from "./app.ts";
import { crontab } from "./crontab/index.ts";
import { described } from "./described.ts";
import { gocraft } from "./gocraft/index.ts";
import { Logins } from "./logins.ts";
import { RequestKeys } from "./request-keys.ts";
import { type Listening, listen } from "./server.ts";
import type { FaceSettings } from "./settings.ts";
import { Tickets } from "./tickets.ts";

/** All routes, in the order in which they are asked. */
const routes: readonly Routes[] = [
  described,
  gocraft("/compat/gocraft"),
  crontab("/compat/crontab"),
];

/** What a listener of its own has at its root. */
const rootRoutes: Readonly<Record<FaceSettings["name"], Routes>> = {
  gocraft: gocraft(""),
  crontab: crontab(""),
};

/** The HTTP face of one runtime: loaded when it is first used, since few runtimes do. */
export interface HttpFace {
  fetch(request: Request): Promise<Response>;
  listen(): Promise<Listening>;
}

/** What a face makes itself. */
type Own = "closing" | "tickets" | "keys" | "logins";

export function createFace(given: Omit<HttpParts, Own>): HttpFace {
  let closing = new AbortController();
  const tickets = new Tickets(given.clock, randomToken);
  const keys = new RequestKeys(given.client);
  const parts: HttpParts = {
    ...{ ...given, tickets, keys, logins: new Logins({ ...given, tickets }) },
    get closing() {
      return closing.signal;
    },
  };
  const app = createApp(parts, routes);
  return {
    fetch: async (request) => app.fetch(request),
    async listen() {
      // One that was closed opens anew.
      if (closing.signal.aborted) closing = new AbortController();
      const main = await listen(app, parts.settings, parts.clock);
      const opened = new Map<string, Listening>();
      const close = async () => {
        await Promise.all([main, ...opened.values()].map((each) => each.close()));
      };
      try {
        for (const face of parts.settings.faces) {
          opened.set(face.name, await listenToFace(parts, face));
        }
      } catch (error) {
        // All of them or none; a later start tries them again.
        await close();
        throw error;
      }
      const end = () => {
        closing.abort();
        return close();
      };
      return { ...main, ...addressesOf(opened), close: end };
    },
  };
}

function listenToFace(parts: HttpParts, face: FaceSettings): Promise<Listening> {
  const settings = { ...parts.settings, ...face };
  const app = createApp({ ...parts, settings }, [rootRoutes[face.name]]);
  return listen(app, settings, parts.clock, `http.faces.${face.name}`);
}

function addressesOf(opened: ReadonlyMap<string, Listening>): Pick<Listening, "faces"> {
  if (opened.size === 0) return {};
  const addresses = [...opened].map(([name, { url, port }]) => [name, { url, port }]);
  return { faces: Object.fromEntries(addresses) };
}
