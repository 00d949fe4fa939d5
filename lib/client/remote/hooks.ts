import { hookOptionsGiven } from "../../job/hook.ts";
import { idGiven } from "../given.ts";
import { type HooksClient, hookListGiven, resendGiven } from "../hooks.ts";
import { type Connection, segment } from "./connection.ts";

export function remoteHooks(server: Connection): HooksClient {
  const changed = async (path: string, url: string) =>
    (await server.call<{ changed: boolean }>("POST", path, { body: { url } })).changed;
  return {
    async register(jobId, hook) {
      hookOptionsGiven(hook, "hook");
      const path = `/jobs/${segment(idGiven(jobId), "id")}/hook`;
      await server.call("PUT", path, { body: { hook } });
    },
    async list(options = {}) {
      const { state, job, url, cursor, limit } = hookListGiven(options);
      return server.call("GET", "/hooks", { query: { state, job, url, cursor, limit } });
    },
    async resend(which) {
      const given = resendGiven(which);
      const body = typeof given === "string" ? { id: given } : given;
      return (await server.call<{ count: number }>("POST", "/hooks/resend", { body })).count;
    },
    disable: (url) => changed("/hooks/disable", url),
    enable: (url) => changed("/hooks/enable", url),
    disabled: async () => (await server.call<{ items: never[] }>("GET", "/hooks/disabled")).items,
  };
}
