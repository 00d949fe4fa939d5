import { readFileSync } from "node:fs";

/** README's sample as files, and what README says it prints. */
export interface Sample {
  files: Record<string, string>;
  prints: string;
}

const fence = /^```(\w+)\n([\s\S]*?)^```$/gm;
const fileName = /^\/\/ (\S+\.ts)\n/;

/** The blocks that name their file in the first line; the text block after them is the output. */
export function readSample(): Sample {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const sample: Sample = { files: {}, prints: "" };
  for (const [, language, text = ""] of readme.matchAll(fence)) {
    const name = fileName.exec(text)?.[1];
    if (name !== undefined) sample.files[name] = text;
    else if (language === "text" && sample.prints === "") sample.prints = text;
  }
  return sample;
}
