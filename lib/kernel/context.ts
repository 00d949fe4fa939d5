import { assert } from "../base/assert.ts";
import type { Actor, Context, Restart } from "./actor.ts";
import { Cell } from "./cell.ts";
import type { Message } from "./message.ts";
import type { Ref } from "./ref.ts";

/** What one incarnation of a cell can do; after its end it does nothing, and starts no child. */
export function createContext(cell: Cell): Context<Message> {
  const { host, incarnation } = cell;
  const lives = () => cell.incarnation === incarnation;
  return {
    self: cell.ref,
    now: () => host.clock.now(),
    spawn(name, actor, restart = "permanent") {
      assert(lives(), `${cell.path} spawned ${name} after that incarnation's end`);
      return spawn(cell, name, actor, restart);
    },
    watch(target, toMessage) {
      if (lives()) cell.watches.watch(host.cellOf(target).watches, toMessage);
    },
    pipe(work, ok, failed) {
      if (lives()) pipe(cell, work, ok, failed);
    },
    after(key, ms, message, idle) {
      if (lives()) after(cell, key, ms, message, idle);
    },
    cancel(key) {
      if (lives()) cancel(cell, key);
    },
    reply: (to, value) => host.questions.answer(to, value),
    refuse: (to, error) => host.questions.refuse(to, error),
    stop() {
      if (lives()) cell.stop();
    },
  };
}

function spawn<C extends Message>(
  cell: Cell,
  name: string,
  actor: Actor<C>,
  restart: Restart,
): Ref<C> {
  // An actor takes only its own messages, and only its ref of that type leaves here.
  const child = new Cell(cell.host, cell, name, actor as unknown as Actor<Message>, restart);
  cell.children.add(child);
  cell.host.started(child);
  child.start();
  return child.ref;
}

function pipe<T>(
  cell: Cell,
  work: PromiseLike<T>,
  ok: (value: T) => Message,
  failed: (error: unknown) => Message,
): void {
  const { incarnation } = cell;
  const deliver = (message: () => Message) =>
    cell.owe(incarnation, () => {
      cell.pipes--;
      return message();
    });
  cell.pipes++;
  work.then(
    (value) => deliver(() => ok(value)),
    (error) => deliver(() => failed(error)),
  );
}

function after(cell: Cell, key: string, ms: number, message: Message, idle?: boolean): void {
  const { incarnation, timers } = cell;
  const due = () => {
    // Cancelled or replaced after it fired, and before this turn.
    if (timers.get(key) !== timer) return undefined;
    timers.delete(key);
    return message;
  };
  cancel(cell, key);
  const timer = cell.host.clock.after(ms, () => cell.owe(incarnation, due), idle);
  timers.set(key, timer);
}

function cancel({ timers }: Cell, key: string): void {
  timers.get(key)?.cancel();
  timers.delete(key);
}
