import { sibling } from "../lib/base/sibling.ts";
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

  /** What they saw since the last look. */
  async look(): Promise<Look> {
    const looks = (await Promise.all(
      this.#partners.map((partner) => partner.ask({ type: "look" })),
    )) as Look[];
    return {
      slowestMs: Math.max(...looks.map(({ slowestMs }) => slowestMs)),
      fewest: Math.min(...looks.map(({ fewest }) => fewest)),
    };
  }

  end(): void {
    for (const partner of this.#partners) partner.end();
  }
}

const processes = 2;

export type FollowersMessage =
  | { type: "open"; port: number; path: string; count: number }
  | { type: "look" };

export interface Look {
  /** The most that any event came after its time, at any follower. */
  slowestMs: number;
  /** Events that came to the follower that got the fewest. */
  fewest: number;
}
