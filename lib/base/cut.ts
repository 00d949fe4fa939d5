/**
 * The text within `bytesMax` bytes of UTF-8: past them it is cut, and a marker says what it was.
 */
export function cutLine(text: string, bytesMax: number): string {
  const bytes = Buffer.byteLength(text);
  if (bytes <= bytesMax) return text;
  // A character has at least one byte: the slice spares encoding the rest of a huge text.
  return cutBytes(Buffer.from(text.slice(0, bytesMax + 1)), bytes, bytesMax);
}

/**
 * The text of a line that had `bytes` bytes of which `head` is the beginning, within `bytesMax`
 * bytes and with the marker.
 */
export function cutBytes(head: Buffer, bytes: number, bytesMax: number): string {
  const marker = ` … [cut: the line had ${bytes} bytes]`;
  const room = Math.max(0, bytesMax - Buffer.byteLength(marker));
  return head.toString("utf8", 0, characterStart(head, room)) + marker;
}

/** The start of the character that the byte at `at` belongs to: it has four bytes at most. */
function characterStart(text: Buffer, at: number): number {
  for (let start = at; start > Math.max(0, at - 4); start--) {
    if (((text[start] as number) & 0xc0) !== 0x80) return start;
  }
  return at;
}
