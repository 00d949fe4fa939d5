import { systemClock, type Timer } from "../base/clock.ts";
import { messageOf } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import { callProblem } from "../job/callable.ts";
import type { JobContext } from "../job/context.ts";
import { isSchema, type StandardSchema } from "../job/schema.ts";

/** A handler's module as this thread loaded it. */
export interface LoadedModule {
  handler: (args: unknown, ctx: JobContext) => unknown;
  schema: StandardSchema | undefined;
  /** What its setup() returned: `ctx.base`. */
  base: unknown;
  teardown: (() => unknown) | undefined;
}

/** The modules of one thread, by URL: each imported and set up once, torn down once. */
export class Modules {
  readonly #loaded = new Map<string, LoadedModule>();
  readonly #loading = new Map<string, Promise<LoadedModule>>();

  get(url: string): LoadedModule | undefined {
    return this.#loaded.get(url);
  }

  /** A failed load is not kept: the next run tries again. Rejects with what the module threw. */
  load(url: string): Promise<LoadedModule> {
    const known = this.#loading.get(url);
    if (known !== undefined) return known;
    const loading = within(limits.threadLoadMs, loadModule(url));
    this.#loading.set(url, loading);
    loading.then(
      (module) => this.#loaded.set(url, module),
      () => this.#loading.delete(url),
    );
    return loading;
  }

  /** Never rejects: a thread that ends has nobody left to tell. */
  async teardown(): Promise<void> {
    const modules = [...this.#loaded.values()];
    this.#loaded.clear();
    this.#loading.clear();
    const all = Promise.allSettled(modules.map(async (module) => module.teardown?.()));
    await within(limits.threadTeardownMs, all).catch(() => {});
  }
}

/** A user's module may export anything. */
interface ModuleExports {
  default?: unknown;
  args?: unknown;
  setup?: unknown;
  teardown?: unknown;
}

const shape = "(args, ctx) => result";

async function loadModule(url: string): Promise<LoadedModule> {
  const module: ModuleExports = await import(url);
  const handler = module.default;
  if (handler === undefined) throw new Error(`it has no default export: a function ${shape}`);
  const problem = callProblem(handler, shape);
  if (problem !== undefined) throw new Error(`its default export ${problem}`);
  if (module.args !== undefined && !isSchema(module.args)) {
    throw new Error("its export args is no Standard Schema");
  }
  return {
    handler: handler as LoadedModule["handler"],
    schema: module.args as StandardSchema | undefined,
    base: await setup(optional(module, "setup")),
    teardown: optional(module, "teardown"),
  };
}

function optional(module: ModuleExports, name: "setup" | "teardown"): (() => unknown) | undefined {
  const value = module[name];
  if (value === undefined || typeof value === "function")
    return value as (() => unknown) | undefined;
  throw new Error(`its export ${name} is no function`);
}

async function setup(action: (() => unknown) | undefined): Promise<unknown> {
  try {
    return await action?.();
  } catch (error) {
    throw new Error(`its setup() failed: ${messageOf(error)}`, { cause: error });
  }
}

function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: Timer;
  const late = new Promise<never>((_, reject) => {
    timer = systemClock.after(ms, () => reject(new Error(`it did not end within ${ms} ms`)));
  });
  return Promise.race([work, late]).finally(() => timer.cancel());
}
