/** Every sentence that the runtime itself writes into a job's log. */
export const wording = {
  cutAt: (bytes: number) =>
    `log cut at ${bytes} bytes: what this attempt logs from here on is counted, not kept`,
  cut: (lines: number, bytes: number) => `${counted(lines)} cut (${bytes} bytes)`,
  gap: (lines: number, bytes: number) =>
    `${counted(lines)} cut here (${bytes} bytes): the log store was behind`,
};

function counted(lines: number): string {
  return lines === 1 ? "1 line was" : `${lines} lines were`;
}
