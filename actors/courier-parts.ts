import type { Clock } from "../lib/base/clock.ts";
import type { NewId } from "../lib/base/id.ts";
import type { Follow } from "../lib/bus/follow.ts";
import type { LocalParts } from "../lib/client/parts.ts";
import type { AskQueue } from "./ask.ts";
import type { Surroundings } from "./links.ts";

/** What the courier of one subscription works with. */
export interface CourierParts extends Pick<Surroundings, "logger"> {
  follow: Follow;
  ask: AskQueue;
  read: LocalParts["read"];
  newId: NewId;
  clock: Clock;
  /** This runtime's key in the file; undefined while it is not joined. */
  worker(): number | undefined;
}
