import { type Metric, Registry } from "prom-client";
import { families } from "./families.ts";
import type { Family } from "./family.ts";
import type { Observed } from "./figures.ts";

/**
 * A runtime's figures as Prometheus text. They are counted where they come about, not a second time
 * in metrics of the client library: its registry only gets to know how to ask for them.
 */
export class MetricRegistry {
  readonly #registry = new Registry();
  #observed: Observed | undefined;

  constructor() {
    for (const family of families) this.#registry.registerMetric(this.#metricOf(family));
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(observed: Observed): Promise<string> {
    this.#observed = observed;
    return this.#registry.metrics();
  }

  /** What a registry asks of a metric, and no more. */
  #metricOf({ name, help, type, values }: Family): Metric {
    const get = async () => {
      const now = this.#observed;
      return { name, help, type, values: now === undefined ? [] : values(now) };
    };
    return { name, help, type, get } as unknown as Metric;
  }
}
