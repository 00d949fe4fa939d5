import { sibling } from "../lib/base/sibling.ts";
import { after } from "./ours.ts";
import { Partner } from "./partner.ts";

/** Followers of a server's events, in processes of their own. */
export class Followers {
  readonly #partners: readonly Partner<FollowersMessage>[];

  static async open(port: number, path: string, count: number): Promise<Followers> {
    const entry = sibling(import.meta.url, "./bench-followers-entry");
    const partners = Array.from({ length: processes }, () => new Partner<FollowersMessage>(entry));
    const each = Math.ceil(count / processes);
    await Promise.all(
      partners.map((partner) => partner.ask({ type: "open", port, path, count: each })),
    );
    return new Followers(partners);
  }

  constructor(partners: readonly Partner<FollowersMessage>[]) {
    this.#partners = partners;
  }

  /** Once each of them got so many events: the most that any event came after its time. */
  async slowestMs(events: number): Promise<number> {
    const looks = this.#partners.map(async (partner) => {
      for (let left = looksMax; left > 0; left--) {
        const { slowestMs, fewest } = (await partner.ask({ type: "look" })) as Look;
        if (fewest >= events) return slowestMs;
        await after(betweenLooksMs);
      }
      throw new Error(`a follower got fewer than ${events} events`);
    });
    return Math.max(...(await Promise.all(looks)));
  }

  end(): void {
    for (const partner of this.#partners) partner.end();
  }
}

const processes = 2;
const betweenLooksMs = 50;
const looksMax = 600;

export type FollowersMessage =
  | { type: "open"; port: number; path: string; count: number }
  | { type: "look" };

export interface Look {
  /** The most that any event came after its time, at any follower. */
  slowestMs: number;
  /** Events that came to the follower that got the fewest. */
  fewest: number;
}
