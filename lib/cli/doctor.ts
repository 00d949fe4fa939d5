import { systemClock } from "../base/clock.ts";
import { messageOf } from "../base/error.ts";
import type { Client, StatsView } from "../client/client.ts";
import type { Worker } from "../client/workers.ts";
import type { QueueRow, StoreHealth } from "../protocol/query.ts";
import type { Call, Command } from "./command.ts";
import { databaseFile, serverUrl, withClient } from "./database.ts";
import { type Finding, findingsOf } from "./findings.ts";
import { clientOptions } from "./options.ts";
import type { Paint } from "./out.ts";
import { examineSchedules } from "./schedule-findings.ts";
import { countsText } from "./stats.ts";
import { facts } from "./table.ts";
import { bytesText, counted, oneLine } from "./text.ts";

interface Report {
  ok: boolean;
  health: StoreHealth;
  counts: StatsView["counts"];
  workers: readonly Worker[];
  queues: readonly QueueRow[];
  /** How many there are. */
  schedules: number;
  findings: readonly Finding[];
}

export const doctor: Command = {
  name: "doctor",
  summary: "look the file over: integrity, sizes, workers, queues, schedules, dead jobs",
  details: ["Exit 1 when something is wrong; warnings alone are no failure."],
  options: clientOptions,
  async run(call) {
    try {
      return await withClient(call, "existing", (client) => examine(client, call));
    } catch (error) {
      // A file that can't be opened is the worst finding, told in the same shape as the others.
      const { code } = error as { code?: string };
      const findings: Finding[] = [{ level: "error", code, text: messageOf(error) }];
      call.out.answer({ ok: false, findings }, (paint) => findingLines(paint, findings));
      return 1;
    }
  },
};

async function examine(client: Client, call: Call): Promise<number> {
  const [health, { counts }, workers, queues] = await Promise.all([
    client.health(),
    client.stats(),
    client.workers.list(),
    client.queues.list(),
  ]);
  const schedules = await examineSchedules(client.schedules, workers, systemClock.now());
  const findings = [...findingsOf({ health, counts, workers, queues }), ...schedules.findings];
  const ok = findings.every(({ level }) => level !== "error");
  const found = { health, counts, workers, queues, schedules: schedules.count };
  const report: Report = { ok, ...found, findings };
  call.out.answer(report, (paint) =>
    reportText(paint, report, serverUrl(call) ?? databaseFile(call)),
  );
  return ok ? 0 : 1;
}

function reportText(paint: Paint, report: Report, file: string): string {
  const { health, workers, queues, findings } = report;
  const alive = workers.filter(({ status }) => status === "healthy").length;
  const head = facts(paint, [
    ["file", file],
    ["engine", `${health.engine} ${health.version}, schema ${health.schema}`],
    ["size", `${bytesText(health.bytes)}, WAL ${bytesText(health.walBytes)}`],
    ["durability", health.durability],
    ["integrity", health.problems.length === 0 ? "ok" : counted(health.problems.length, "problem")],
    ["workers", `${alive} alive, ${workers.length - alive} dead`],
    ["queues", String(queues.length)],
    ["schedules", String(report.schedules)],
  ]);
  const end = findings.length === 0 ? paint("green", "ok") : findingLines(paint, findings);
  return [head, "", countsText(paint, report.counts), "", end].join("\n");
}

function findingLines(paint: Paint, findings: readonly Finding[]): string {
  return findings
    .map(
      ({ level, text }) =>
        `${paint(level === "error" ? "red" : "yellow", level)}: ${oneLine(text)}`,
    )
    .join("\n");
}
