import { createHash, timingSafeEqual } from "node:crypto";
import type { Right } from "../client/http-options.ts";
import { rights, type Secret } from "./settings.ts";

/** Who may do what, by the secret that a request names. */
export class Secrets {
  readonly #known: readonly { name: string; rights: Right; digest: Buffer }[];

  constructor(secrets: readonly Secret[]) {
    this.#known = secrets.map(({ name, secret, rights: granted }) => {
      return { name, rights: granted, digest: digestOf(secret) };
    });
  }

  get size(): number {
    return this.#known.length;
  }

  /**
   * The rights of the secret in an `Authorization` header, `Harbor-Secret …` or `Bearer …`. All are
   * compared, each in constant time: neither which one fits nor how far shows.
   */
  rightsOf(header: string | undefined): { name: string; rights: Right } | undefined {
    const [, given] = /^(?:harbor-secret|bearer) +(\S.*)$/i.exec(header?.trim() ?? "") ?? [];
    const digest = digestOf(given ?? "");
    let found: { name: string; rights: Right } | undefined;
    for (const { name, rights: granted, digest: own } of this.#known) {
      if (timingSafeEqual(digest, own)) found = { name, rights: granted };
    }
    return given === undefined ? undefined : found;
  }
}

/** Whether who has `granted` may do what needs `needed`. */
export function allows(granted: Right, needed: Right): boolean {
  return rights.indexOf(granted) >= rights.indexOf(needed);
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
