import assert from "node:assert/strict";
import { test } from "node:test";
import { made, newFile, refuses, started } from "../actors/kit.ts";
import { Child } from "./kit.ts";
import { countUnderLock } from "./lock-count.ts";

const bounded = { timeout: 110_000 };

test("five processes add 500 times to one file under a lock, and none is lost", bounded, (t) =>
  countUnderLock(t, 5, 100),
);

test(
  "a lock whose started process was killed is free at once, not after its ttl",
  bounded,
  async (t) => {
    const file = newFile(t);
    const here = await started(t, { storage: file });
    const child = new Child(t, "locker", file, "start", "1h");
    const { held } = await child.line("held");
    const taken = await refuses(here.locks.acquire("ledger", { wait: 0 }), "ERR_ERGATE_LOCK_TAKEN");
    assert.match(taken.message, new RegExp(`pid ${child.pid}, worker `));
    const waits = here.locks.acquire("ledger");
    await child.kill();
    // Its ttl would hold up the test past its end.
    assert.ok((await waits).fence > Number(held));
  },
);

test(
  "a lock whose process never started and was killed is free once its ttl is over",
  bounded,
  async (t) => {
    const file = newFile(t);
    const here = await started(t, { storage: file });
    const child = new Child(t, "locker", file, "hold", "1500ms");
    const { held } = await child.line("held");
    const [lock] = (await here.locks.list()).items;
    const waits = here.locks.acquire("ledger");
    await child.kill();
    const next = await waits;
    assert.ok(next.fence > Number(held));
    const [now] = (await here.locks.list()).items;
    assert.ok((now?.since ?? 0) >= (lock?.expiresAt ?? Infinity), "it was not free before");
  },
);

test(
  "a holder that stood still past its ttl finds its lock lost, and its fence the older",
  bounded,
  async (t) => {
    const file = newFile(t);
    const here = await made(t, { storage: file });
    const child = new Child(t, "locker", file, "start", "1s");
    const { held } = await child.line("held");
    child.signal("SIGSTOP");
    const next = await here.locks.acquire("ledger");
    assert.ok(next.fence > Number(held));
    child.signal("SIGCONT");
    assert.equal((await child.line("lost")).lost, "ERR_ERGATE_LOCK_LOST");
    // What it does on waking takes nothing from the new holder.
    child.end();
    await child.gone();
    assert.equal(next.signal.aborted, false);
    assert.equal(await next.release(), true);
  },
);
