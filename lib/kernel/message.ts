/** What actors send each other: unions discriminated by `type`. */
export interface Message {
  readonly type: string;
}

/**
 * Where an answer goes: two numbers, plain data. `answer` is never set; it carries the answer's
 * type, so that `ask` can read it off the union.
 */
export interface Reply<R> {
  /** The system that asked. */
  readonly node: number;
  /** The question, counted by that system. */
  readonly seq: number;
  readonly answer?: R;
}

/** The types of those messages of a union that carry a `reply`: only they can be asked. */
export type Question<M> = M extends {
  readonly type: infer T extends string;
  readonly reply: Reply<unknown>;
}
  ? T
  : never;

/** What the question of type `T` is answered with. */
export type Answer<M, T> =
  Extract<M, { readonly type: T }> extends { readonly reply: Reply<infer R> } ? R : never;

/** What the asker gives besides the type; the kernel adds `reply`. */
export type Body<M, T> = Omit<Extract<M, { readonly type: T }>, "type" | "reply">;
