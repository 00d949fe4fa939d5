import assert from "node:assert/strict";
import { test } from "node:test";
import { OpenRequests } from "../../lib/http/open-requests.ts";
import { bounded } from "../actors/kit.ts";

function opened() {
  const [client, closing] = [new AbortController(), new AbortController()];
  const request = new Request("http://127.0.0.1/", { signal: client.signal });
  const requests = new OpenRequests();
  const during = <T>(action: (signal: AbortSignal) => Promise<T>, its = closing) =>
    requests.during(request, its.signal, action);
  return { client, closing, during };
}

/** Ends when the signal fires, with its reason. */
function aborted(signal: AbortSignal): Promise<unknown> {
  if (signal.aborted) return Promise.resolve(signal.reason);
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(signal.reason)));
}

test("a request's signal fires when its client leaves", bounded, async () => {
  const { client, during } = opened();
  const waits = during(aborted);
  client.abort("left");
  assert.equal(await waits, "left");
  assert.equal(await during(aborted), "left");
});

test(
  "a request's signal fires when the server closes, and of one that comes then",
  bounded,
  async () => {
    const { closing, during } = opened();
    const waits = during(aborted);
    closing.abort("closed");
    assert.equal(await waits, "closed");
    assert.equal(await during(aborted), "closed");
    const anew = new AbortController();
    const next = during(aborted, anew);
    anew.abort("closed again");
    assert.equal(await next, "closed again");
  },
);

test("a request that was answered hears of neither any more", bounded, async () => {
  const { client, closing, during } = opened();
  const signal = await during(async (its) => its);
  client.abort();
  closing.abort();
  assert.equal(signal.aborted, false);
  await assert.rejects(
    during(() => Promise.reject(new Error("no"))),
    /no/,
  );
});
