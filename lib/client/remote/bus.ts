import { ErgateError } from "../../base/error.ts";
import { encodeJson } from "../../base/json.ts";
import { limits } from "../../base/limits.ts";
import { checkBusName, parseSubscribe } from "../../bus/options.ts";
import type { BusClient, Published } from "../bus.ts";
import type { DeadLetters } from "../dead-letters.ts";
import { idGiven } from "../given.ts";
import { pageGiven } from "../paging.ts";
import { type Connection, segment } from "./connection.ts";

export function remoteBus(server: Connection): BusClient {
  return {
    async publish(event, data): Promise<Published> {
      const name = JSON.stringify(checkBusName(event, "event"));
      const text = encodeJson(data, "data", limits.busDataBytes);
      return server.call("POST", "/bus", { text: `{"event":${name},"data":${text}}` });
    },
    async subscribe(event: string, given: Parameters<typeof parseSubscribe>[1]) {
      parseSubscribe(event, given);
      const message = "messages are delivered to a runtime on the file: none are over HTTP";
      throw new ErgateError("ERR_ERGATE_REMOTE", message);
    },
    stats: () => server.call("GET", "/bus/stats"),
    dead: remoteDead(server),
  };
}

function remoteDead(server: Connection): DeadLetters {
  const changed = async (method: "POST" | "DELETE", id: string, more = "") => {
    const path = `/bus/dead/${segment(idGiven(id), "id")}${more}`;
    return (await server.call<{ changed: boolean }>(method, path)).changed;
  };
  return {
    list: async (options = {}) => server.call("GET", "/bus/dead", { query: pageGiven(options) }),
    retry: (id) => changed("POST", id, "/retry"),
    delete: (id) => changed("DELETE", id),
  };
}
