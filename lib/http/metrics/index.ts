import { type LoopDelayMeter, loopDelayMeter } from "../../base/loop-delay.ts";
import type { HttpParts } from "../app.ts";
import { type Route, route } from "../route.ts";
import { MetricRegistry } from "./registry.ts";

const scrape = route({
  method: "get",
  path: "/metrics",
  right: "read",
  summary: "Tell the runtime's figures as Prometheus text, format 0.0.4",
  answer: "text",
  async run(_, parts) {
    const { registry, loop } = meteringOf(parts);
    const figures = await parts.inside.figures();
    const { failed } = parts.logins;
    const text = await registry.text({ ...figures, loopDelay: loop.read(), failedLogins: failed });
    return new Response(text, { headers: { "content-type": registry.contentType } });
  },
});

export const metricRoutes: readonly Route[] = [scrape];

interface Metering {
  readonly registry: MetricRegistry;
  readonly loop: LoopDelayMeter;
}

const meterings = new WeakMap<HttpParts, Metering>();

/** Made with the first scrape: a server that nobody scrapes wakes no timer for it. */
function meteringOf(parts: HttpParts): Metering {
  const known = meterings.get(parts);
  if (known !== undefined) return known;
  const metering = { registry: new MetricRegistry(), loop: loopDelayMeter() };
  meterings.set(parts, metering);
  parts.closing.addEventListener("abort", () => metering.loop.close(), { once: true });
  return metering;
}
