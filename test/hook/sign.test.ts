import assert from "node:assert/strict";
import { test } from "node:test";
import { hookId, seqOfHookId, webhookHeaders } from "../../lib/hook/sign.ts";

// The worked example of the Standard Webhooks specification.
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const body = '{"test": 2432232314}';
const signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

test("what is signed is what Standard Webhooks' own example signs", () => {
  assert.deepEqual(webhookHeaders(id, body, [secret], 1_614_265_330_999), {
    "webhook-id": id,
    "webhook-timestamp": "1614265330",
    "webhook-signature": signature,
  });
});

test("each key signs, and without one nothing is signed", () => {
  const signed = webhookHeaders(id, body, ["other", secret], 1_614_265_330_000);
  const [first, second] = signed["webhook-signature"]?.split(" ") ?? [];
  assert.match(first ?? "", /^v1,[A-Za-z0-9+/]{43}=$/);
  assert.notEqual(first, second);
  assert.equal(second, signature);
  assert.equal("webhook-signature" in webhookHeaders(id, body, [], 0), false);
});

test("an event's id is its own, and says its number", () => {
  const event = { seq: 7, job: "a", createdAt: 5 };
  assert.match(hookId(event), /^evt_7_[0-9a-f]{16}$/);
  assert.equal(hookId({ ...event }), hookId(event));
  assert.notEqual(hookId({ ...event, job: "b" }), hookId(event));
  assert.notEqual(hookId({ ...event, createdAt: 6 }), hookId(event));
  assert.equal(seqOfHookId(hookId(event)), 7);
  for (const text of ["", "evt_7", "evt_x_0123456789abcdef", "7"]) {
    assert.equal(seqOfHookId(text), undefined);
  }
});
