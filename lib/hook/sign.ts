import { createHash, createHmac } from "node:crypto";

/** What a receiver checks, as Standard Webhooks has it: https://www.standardwebhooks.com. */

/**
 * The headers of one attempt: the id is the same at each, the time is not. One signature a key,
 * HMAC-SHA256 of `id.seconds.body` in base64; a `whsec_` key is base64, any other the text itself.
 */
export function webhookHeaders(
  id: string,
  body: string,
  secrets: readonly string[],
  now: number,
): Record<string, string> {
  const timestamp = String(Math.floor(now / 1_000));
  const headers = { "webhook-id": id, "webhook-timestamp": timestamp };
  if (secrets.length === 0) return headers;
  const signed = `${id}.${timestamp}.${body}`;
  const signatures = secrets.map((secret) => {
    return `v1,${createHmac("sha256", keyOf(secret)).update(signed).digest("base64")}`;
  });
  return { ...headers, "webhook-signature": signatures.join(" ") };
}

function keyOf(secret: string): Buffer {
  const [, base64] = /^whsec_(.*)$/.exec(secret) ?? [];
  return base64 === undefined ? Buffer.from(secret) : Buffer.from(base64, "base64");
}

/** An event's id for its receiver and for people: no other file has the same. */
export function hookId({ seq, job, createdAt }: { seq: number; job: string; createdAt: number }) {
  const digest = createHash("sha256").update(`${createdAt} ${job}`).digest("hex");
  return `evt_${seq}_${digest.slice(0, 16)}`;
}

/** The number in an id; undefined where it is none. */
export function seqOfHookId(id: string): number | undefined {
  const [, seq] = /^evt_(\d{1,15})_[0-9a-f]{16}$/.exec(id) ?? [];
  return seq === undefined ? undefined : Number(seq);
}
