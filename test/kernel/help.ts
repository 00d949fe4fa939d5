import type { Actor, Behavior, Context, Mailbox, Restart } from "../../lib/kernel/actor.ts";
import type { Message } from "../../lib/kernel/message.ts";
import type { Ref } from "../../lib/kernel/ref.ts";
import { System } from "../../lib/kernel/system.ts";
import { type TestSystem, VirtualClock } from "../../lib/kernel/testkit.ts";
import type { Trace } from "../../lib/kernel/trace.ts";

/** A system that takes its ready actors in order, turned by hand. */
export function fifoSystem(trace: Trace = {}) {
  const clock = new VirtualClock();
  const turns: (() => void)[] = [];
  const system = new System({ clock, trace, dispatch: (turn) => void turns.push(turn) });
  const drain = () => {
    for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) turn();
  };
  return { system, clock, turns, drain, advance: (ms: number) => clock.advance(ms, drain) };
}

/** A mailbox large enough not to matter in a test. */
export const roomy: Mailbox = { capacity: 1_000, overflow: "reject" };

export function actorOf<M extends Message>(
  setup: (ctx: Context<M>) => Behavior<M>,
  rest: Partial<Omit<Actor<M>, "setup">> = {},
): Actor<M> {
  return { mailbox: roomy, ...rest, setup };
}

/** Writes down every message's text; throws at `throw`. */
export type Note = { type: "note"; text: string } | { type: "throw"; text: string };

export const note = (text: string): Note => ({ type: "note", text });
export const boom: Note = { type: "throw", text: "boom" };

/** An actor that appends what it receives to `seen`, and throws at `boom`. */
export function noter(
  seen: string[],
  rest: Partial<Omit<Actor<Note>, "setup">> & { behavior?: Partial<Behavior<Note>> } = {},
): Actor<Note> {
  const { behavior, ...fields } = rest;
  return actorOf<Note>(
    () => ({
      receive(message) {
        if (message.type === "throw") throw new Error(message.text);
        seen.push(message.text);
      },
      ...behavior,
    }),
    fields,
  );
}

/** A trace as lines of text, one for each event that `only` names. */
export function lines(only: readonly (keyof Trace)[]): { trace: Trace; seen: string[] } {
  const seen: string[] = [];
  const trace: Trace = {};
  for (const hook of only) {
    trace[hook] = (...details: unknown[]) => {
      seen.push([hook, ...details].map(shown).join(" "));
    };
  }
  return { trace, seen };
}

function shown(detail: unknown): string {
  return detail instanceof Error ? detail.message : String(detail);
}

/** A parent with one child; what the parent receives goes to `seen`. */
export function family(
  kit: TestSystem,
  child: Actor<Note>,
  restart?: Restart,
  seen: string[] = [],
): Ref<Note> {
  let ref: Ref<Note> | undefined;
  kit.system.spawn(
    "parent",
    actorOf<Note>((ctx) => {
      ref = ctx.spawn("child", child, restart);
      ctx.watch(ref, (down) => note(`${down.path} ${down.reason}`));
      return { receive: (message) => void seen.push(message.text) };
    }),
  );
  return ref as unknown as Ref<Note>;
}
