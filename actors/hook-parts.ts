import type { Random } from "../lib/base/random.ts";
import type { LocalParts } from "../lib/client/parts.ts";
import { HookCounter } from "../lib/hook/counts.ts";
import type { Poster, PosterParts } from "../lib/hook/post.ts";
import type { HooksParts } from "./hooks.ts";
import type { Membership } from "./membership.ts";
import type { Settings } from "./options.ts";

/** What the sender of status hooks stands on. The poster and the counts outlive its crashes. */
export function hookParts(
  { clock, logger, hooks }: Settings,
  random: Random,
  { ask, read }: LocalParts,
  membership: Membership,
): HooksParts {
  const { rules, timeoutMs, concurrency, perHost, secrets, maxAgeMs } = hooks;
  return {
    ...{ clock, logger, random, ask, read, secrets, maxAgeMs, timeoutMs, concurrency, perHost },
    poster: lazyPoster({ clock, rules, timeoutMs, perHost }),
    counter: new HookCounter(),
    owner: () => membership.id,
  };
}

/** Most runtimes tell nobody: what speaks HTTP is loaded with the first POST. */
function lazyPoster(parts: PosterParts): Poster {
  let made: Promise<Poster> | undefined;
  const load = () => import("../lib/hook/post.ts").then(({ createPoster }) => createPoster(parts));
  return {
    async post(...request) {
      made ??= load();
      return (await made).post(...request);
    },
    close: () => void made?.then((poster) => poster.close()),
  };
}
