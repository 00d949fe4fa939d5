/** Where a submission wants to be told of what becomes of it. */
export interface Hook {
  readonly url: string;
  readonly status: "activated" | "error";
}

/** Undefined where none is wanted. One that can't be used fails nothing: its status says so. */
export function hookOf(url: string): Hook | undefined {
  if (url === "") return undefined;
  const isUsable = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  return { url, status: isUsable ? "activated" : "error" };
}

/** What an enqueue, or a schedule, is told of it. */
export function hookOption(hook: Hook | undefined): object {
  if (hook?.status !== "activated") return {};
  return {};
}
