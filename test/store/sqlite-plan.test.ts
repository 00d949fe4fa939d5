import assert from "node:assert/strict";
import { test } from "node:test";
import Database from "better-sqlite3";
import * as bus from "../../lib/store/sqlite/bus.sql.ts";
import { busTables } from "../../lib/store/sqlite/bus-schema.sql.ts";
import * as command from "../../lib/store/sqlite/command.sql.ts";
import { commandTables } from "../../lib/store/sqlite/command-schema.sql.ts";
import * as hook from "../../lib/store/sqlite/hook.sql.ts";
import { hookTables } from "../../lib/store/sqlite/hook-schema.sql.ts";
import * as lease from "../../lib/store/sqlite/lease.sql.ts";
import { createLocks } from "../../lib/store/sqlite/lease-schema.sql.ts";
import * as read from "../../lib/store/sqlite/read.sql.ts";
import * as schedule from "../../lib/store/sqlite/schedule.sql.ts";
import { scheduleTables } from "../../lib/store/sqlite/schedule-schema.sql.ts";
import { createVersion1 } from "../../lib/store/sqlite/schema.sql.ts";
import * as write from "../../lib/store/sqlite/write.sql.ts";

const db = new Database(":memory:");
db.exec(createVersion1 + scheduleTables + createLocks + commandTables + hookTables + busTables);

/** What SQLite says it will do, a line a step. */
function planOf(statement: string): string[] {
  const parameters = (statement.match(/\?/g) ?? []).map(() => 1);
  const rows = db.prepare(`EXPLAIN QUERY PLAN ${statement}`).all(...parameters);
  return (rows as { detail: string }[]).map(({ detail }) => detail);
}

/** Tables of a handful of rows, which a scan reads faster than an index. */
const small =
  /^SCAN (\(subquery|lanes|queues|workers|definitions|counters|wanted|json_each|16-ROW VALUES)/;

const hot: Record<string, string> = {
  ...pick(read, [
    "nextInLane",
    "peekLane",
    "claimable",
    "nextSuspect",
    "runningSuspect",
    "askedRuns",
    "rowBySeq",
    "rowById",
    "runningOf",
    "dueRows",
    "nextDue",
    "availableInLane",
    "suspectsInLane",
    "waitingInNamespace",
    "oldestFinal",
    "jobById",
    "jobsBySeqs",
    "walkJobs",
    "walkChildren",
    "walkEnded",
    "walkIds",
    "lastMessage",
    "busySlots",
    "busyCount",
    "whyRow",
    "otherHolder",
    "aheadByPriority",
    "aheadByTime",
    "runsInLane",
    "runningSuspectsInLane",
    "finalRows",
    "runningRows",
    "waitingRows",
    "availableRows",
    "suspectRows",
    "attemptsOf",
    "executionRow",
    "latestFinal",
    "newSince",
    "finalSince",
    "changedBySeqs",
    "runningCounts",
    "keyRow",
    "keysOfJobs",
  ]),
  ...pick(write, [
    "claimSlots",
    "enterRun",
    "completeMany",
    "complete",
    "leaveRunning",
    "noteRun",
    "promoteMany",
    "askRun",
    "endWaiting",
    "retryFinal",
    "runNow",
    "deleteJobs",
    "deleteAttempts",
    "insertAttempt",
    "saveLane",
    "takeKey",
    "takeKeyChunk",
    "giveBackKeys",
    "giveKey",
    "freeKey",
    "restKey",
    "expireKeys",
    "replaceArgs",
    "replaceJob",
  ]),
  ...pick(command, [
    "commandByName",
    "commandsBehind",
    "commandsSince",
    "insertProcess",
    "deleteProcess",
    "deleteProcessesOf",
    "processOf",
  ]),
  ...pick(hook, [
    "tellHooks",
    "hookBySeq",
    "headOfStream",
    "nextOfStream",
    "nextHookDue",
    "hostBehind",
    "dueOfHost",
    "saveHook",
    "dropHook",
    "freeHooksOf",
    "hurryHooks",
    "waitingHooks",
    "deadHooks",
    "deadHooksBehind",
    "hooksOfJob",
    "hooksOfJobBehind",
    "oldestDeadHooks",
    "oldestWaitingHook",
    "hookTotals",
    "disabledHook",
    "anyRegistered",
    "registeredOf",
    "forgetRegistered",
  ]),
  ...pick(bus, [
    "eventByName",
    "eventsSince",
    "saveEvent",
    "insertMessage",
    "messagesAfter",
    "oldestMessages",
    "dropMessages",
    "subscriptionByKey",
    "subscriptionsOfEvent",
    "saveSubscription",
    "deleteSubscription",
    "listenerOf",
    "insertListener",
    "letterById",
    "lettersBefore",
    "insertLetter",
    "deleteLetter",
    "dropLettersPast",
  ]),
  ...pick(schedule, [
    "scheduleByName",
    "schedulesBehind",
    "dueSchedules",
    "endedSchedules",
    "nextPlanned",
    "planSchedule",
    "runOfSlot",
    "openRuns",
    "closeRuns",
    "reopenRun",
    "claimRun",
    "freezeRuns",
    "waitingOf",
    "anyWaiting",
    "dropRuns",
    "oldestOver",
    "runsOfSchedule",
    "runsOfJob",
    "runsBefore",
    "lastRun",
    "runningRuns",
  ]),
};

for (const [name, statement] of Object.entries(hot)) {
  test(`${name} reads no more rows than it needs`, () => {
    for (const step of planOf(statement)) {
      assert.ok(!/^SCAN/.test(step) || small.test(step) || usesIndex(step), `${name}: ${step}`);
      assert.ok(!step.includes("TEMP B-TREE"), `${name}: ${step}`);
    }
  });
}

test("a statement without its index is caught", () => {
  const plan = planOf("SELECT seq FROM jobs WHERE reason = ? ORDER BY priority");
  assert.ok(plan.some((step) => step === "SCAN jobs"));
  assert.ok(plan.some((step) => step.includes("TEMP B-TREE")));
});

test("a unique key is found by itself, and an expired one by its time", () => {
  for (const statement of [read.keyRow, write.giveKey, write.freeKey, write.restKey]) {
    assert.deepEqual(planOf(statement), [
      "SEARCH uniques USING PRIMARY KEY (namespace=? AND key=?)",
    ]);
  }
  assert.match(planOf(write.giveBackKeys)[0] ?? "", /PRIMARY KEY \(namespace=\? AND key=\?\)/);
  assert.match(
    planOf(write.expireKeys).join("\n"),
    /INDEX uniques_resting \(namespace=\? AND expires_at>\? AND expires_at<\?\)/,
  );
});

test("a lock is found by its name, and the next ones in their order", () => {
  const { lockByName, renewLock, releaseLock, rebaseLock, locksAfter, forgetLocks } = lease;
  for (const statement of [lockByName, renewLock, releaseLock, rebaseLock]) {
    assert.deepEqual(planOf(statement), [
      "SEARCH locks USING PRIMARY KEY (namespace=? AND name=?)",
    ]);
  }
  assert.deepEqual(planOf(locksAfter), ["SEARCH locks USING PRIMARY KEY (namespace=? AND name>?)"]);
  assert.deepEqual(planOf(forgetLocks), ["SEARCH locks USING PRIMARY KEY (namespace=?)"]);
  assert.deepEqual(planOf(lease.takeLock), []);
});

test("what hooks have to send is found by one index, and of a host by another", () => {
  const find = (statement: string) => planOf(statement).join("\n");
  assert.match(find(hook.nextHookDue), /COVERING INDEX hooks_due \(namespace=\?/);
  assert.match(find(hook.hostBehind), /COVERING INDEX hooks_host \(namespace=\? AND host>\?/);
  assert.match(
    find(hook.dueOfHost),
    /hooks_host \(namespace=\? AND host=\? AND due_at>\? AND due_at<\?/,
  );
  assert.match(find(hook.tellHooks), /SEARCH head USING INDEX hooks_head \(stream=\? AND url=\?\)/);
  assert.match(
    find(hook.tellHooks),
    /SEARCH child USING INDEX jobs_child \(namespace=\? AND parent=/,
  );
});

test("what follows messages reads an event's newest, then its messages by their numbers", () => {
  assert.deepEqual(planOf(bus.eventsSince), [
    "SEARCH events USING INDEX events_revision (namespace=? AND revision>?)",
  ]);
  assert.deepEqual(planOf(bus.messagesAfter), [
    "SEARCH messages USING INDEX messages_number (namespace=? AND event=? AND number>?)",
  ]);
  assert.deepEqual(planOf(bus.dropMessages), [
    "SEARCH messages USING INDEX messages_number (namespace=? AND event=? AND number<?)",
  ]);
  assert.deepEqual(planOf(bus.subscriptionByKey), [
    "SEARCH subscriptions USING PRIMARY KEY (namespace=? AND event=? AND name=?)",
  ]);
  assert.deepEqual(planOf(bus.lettersBefore), [
    "SEARCH letters USING INDEX letters_id (namespace=? AND id<?)",
  ]);
});

test("each state's claims, promotions and rescues have a partial index of their own", () => {
  for (const [statement, index] of [
    [read.nextInLane, "jobs_available"],
    [read.nextSuspect, "jobs_suspect"],
    [read.dueRows, "jobs_waiting"],
    [read.runningOf, "jobs_running"],
    [read.askedRuns, "jobs_asked"],
    [read.oldestFinal, "jobs_final"],
  ] as const) {
    assert.match(planOf(statement).join("\n"), new RegExp(`USING (COVERING )?INDEX ${index}`));
  }
});

function usesIndex(step: string): boolean {
  return /^SCAN jobs USING (COVERING )?INDEX jobs_(running|waiting)/.test(step);
}

function pick(module: Record<string, unknown>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => {
      const statement = module[name];
      assert.equal(typeof statement, "string", `${name} is a statement`);
      return [name, statement as string];
    }),
  );
}
