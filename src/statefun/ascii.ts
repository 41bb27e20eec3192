/** Bytes that are ASCII are text as they are: a byte is a character. */

export function isAscii(bytes: Buffer, start: number, end: number): boolean {
  for (let index = start; index < end; index++) if (bytes[index] > 0x7f) return false;
  return true;
}

/** All characters at once: put together one by one they would be a tree of strings, to be flattened on first use. */
export function shortAscii(bytes: Buffer, start: number, end: number): string {
  const units = new Array<number>(end - start);
  for (let index = start; index < end; index++) units[index - start] = bytes[index];
  return String.fromCharCode(...units);
}
