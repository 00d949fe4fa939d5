import { type Family, single } from "./family.ts";

/** Messages between processes: what the file holds of them. */
export const busFamilies: readonly Family[] = [
  single(
    {
      name: "ergate_bus_published_total",
      help: "Messages that were published, over the file's life.",
      type: "counter",
    },
    ({ bus }) => bus.published,
  ),
  {
    name: "ergate_bus_deliveries_total",
    help: "Messages and calls of subscriptions, by what came of them.",
    type: "counter",
    values: ({ bus: { delivered, failed, dead, lost, unheard } }) =>
      Object.entries({ delivered, failed, dead, lost, unheard }).map(([outcome, value]) => {
        return { value, labels: { outcome } };
      }),
  },
  single(
    {
      name: "ergate_bus_waiting_messages",
      help: "Messages that subscriptions have not dealt with: of the one that lags most.",
      type: "gauge",
    },
    ({ bus }) => Math.max(0, ...bus.subscriptions.map(({ waiting }) => waiting)),
  ),
  single(
    { name: "ergate_bus_letters", help: "Dead letters of the bus that are kept.", type: "gauge" },
    ({ bus }) => bus.letters,
  ),
];
