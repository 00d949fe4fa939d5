import type { Readiness } from "../lib/client/readiness.ts";
import type { Assembly } from "./assembly.ts";

/**
 * A queue that follows other processes, a scheduler or any other actor that is down makes a runtime
 * unready, as a store that takes nothing does. One that was not started takes jobs: it is ready.
 */
export function readinessOf({ system, commits, membership }: Assembly, ends: boolean): Readiness {
  const problems = ends ? ["the runtime is stopping or stopped"] : [];
  const actors = system.actors();
  if (actors.length === 0 && !ends) problems.push("the runtime gave itself up");
  for (const { path, state } of actors) {
    if (state !== "running" && !ends) problems.push(`the actor ${path} is ${state}`);
  }
  if (membership.joined && membership.worker === undefined) {
    problems.push("it is about to join the file's workers again");
  }
  problems.push(...commits.problems());
  return { ready: problems.length === 0, problems };
}
