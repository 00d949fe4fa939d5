import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { systemClock } from "../../lib/base/clock.ts";
import { LinuxProcesses } from "../../lib/command/linux-processes.ts";
import { until } from "./kit.ts";

const onLinux = { timeout: 60_000, skip: process.platform !== "linux" };

test(
  "a process that had no environment at one look shows its mark at the next",
  onLinux,
  async (t) => {
    // Between its fork and the end of its exec a process shows none, too: this one for longer.
    const late = "read go; exec env ERGATE_RUN=run.1.2 sleep 1000";
    const child = spawn("/usr/bin/env", ["-i", "/bin/sh", "-c", `echo ready; ${late}`]);
    t.after(() => child.kill("SIGKILL"));
    await once(child.stdout, "data");
    const table = new LinuxProcesses(systemClock);
    const marks = async () => {
      const rows = await table.rows();
      return rows.filter(({ pid }) => pid === child.pid).map(({ mark }) => mark);
    };
    assert.deepEqual(await marks(), [undefined]);
    child.stdin.write("\n");
    const line = () => readFileSync(`/proc/${child.pid}/cmdline`, "latin1");
    await until(t, () => line().startsWith("sleep"));
    assert.deepEqual(await marks(), ["run.1.2"]);
  },
);

test(
  "a mark that was seen stays through an exec that clears the environment",
  onLinux,
  async (t) => {
    const env = { ...process.env, ERGATE_RUN: "run.3.4" };
    const late = "echo ready; read go; exec env -i sleep 1000";
    const child = spawn("/bin/sh", ["-c", late], { env });
    t.after(() => child.kill("SIGKILL"));
    await once(child.stdout, "data");
    const table = new LinuxProcesses(systemClock);
    const mark = async () => (await table.rows()).find(({ pid }) => pid === child.pid)?.mark;
    assert.equal(await mark(), "run.3.4");
    child.stdin.write("\n");
    const line = () => readFileSync(`/proc/${child.pid}/cmdline`, "latin1");
    await until(t, () => line().startsWith("sleep"));
    assert.equal(await mark(), "run.3.4");
  },
);
