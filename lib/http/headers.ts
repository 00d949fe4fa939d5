import type { Handler } from "./app.ts";

/**
 * What every answer says to browsers: nothing of it is run, framed, guessed at or kept. Pages that
 * need more set their own policy.
 */
export const protect: Handler = async (c, next) => {
  await next();
  const { headers } = c.res;
  if (!headers.has("content-security-policy")) {
    c.header("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  }
  c.header("x-content-type-options", "nosniff");
  c.header("referrer-policy", "no-referrer");
  c.header("cross-origin-resource-policy", "same-origin");
  if (!headers.has("cache-control")) c.header("cache-control", "no-store");
};
