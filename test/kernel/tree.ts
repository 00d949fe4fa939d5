import type { Restart, Supervision } from "../../lib/kernel/actor.ts";
import type { Ref } from "../../lib/kernel/ref.ts";
import { actorOf, fifoSystem, lines, type Note } from "./help.ts";

export const rule = (more: Partial<Supervision>): Supervision => ({
  strategy: "one_for_one",
  restarts: 3,
  withinMs: 5_000,
  ...more,
});

export interface Kid {
  name: string;
  restart?: Restart;
}

/** A root with children a, b, c…; `seen` gets `+a` at a start, `-a` at a stop, texts as received. */
export function tree(children: Supervision, kids: readonly Kid[]) {
  const { trace, seen: events } = lines(["restarted", "ended"]);
  const kit = fifoSystem(trace);
  const seen: string[] = [];
  const refs: Record<string, Ref<Note>> = {};
  kit.system.spawn(
    "root",
    actorOf<Note>(
      (ctx) => {
        for (const { name, restart } of kids) {
          refs[name] = ctx.spawn(name, kid(name, seen), restart);
        }
        return { receive: () => {} };
      },
      { children },
    ),
  );
  const take = () => seen.splice(0).join(" ");
  const tell = (name: string, message: Note) => (refs[name] as Ref<Note>).tell(message);
  return { ...kit, events, take, tell };
}

export function kid(name: string, seen: string[]) {
  return actorOf<Note>((ctx) => {
    seen.push(`+${name}`);
    return {
      receive(message) {
        if (message.type === "throw") throw new Error(`${name} broke`);
        seen.push(message.text);
        if (message.text === "stop") ctx.stop();
      },
      stopping: () => void seen.push(`-${name}`),
    };
  });
}

export const abc: readonly Kid[] = [{ name: "a" }, { name: "b" }, { name: "c" }];
