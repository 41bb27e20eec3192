/**
 * StateFun's protocol in bytes, as little of it as a scripted client needs, and on purpose not with the codec of src/:
 * what reads a message here was written from the tables of the protocol alone, so the two can find each other's faults.
 */

/** By number: a varint (as bigint) or bytes, each time it occurs. */
export type Fields = ReadonlyMap<number, readonly (bigint | Uint8Array)[]>;

export function varint(value: bigint | number): number[] {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) out.push(Number(rest & 0x7fn) | 0x80);
  return [...out, Number(rest)];
}

/** One field of bytes, text or a message. */
export function block(number: number, body: string | Uint8Array | readonly number[]): number[] {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  return [...varint(number * 8 + 2), ...varint(bytes.length), ...bytes];
}

/** One number; nothing at all if it is zero. */
export function integer(number: number, value: bigint | number): number[] {
  return BigInt(value) === 0n ? [] : [...varint(number * 8), ...varint(value)];
}

export function read(bytes: Uint8Array): Fields {
  const fields = new Map<number, (bigint | Uint8Array)[]>();
  for (let at = 0; at < bytes.length; ) {
    let tag: bigint;
    let value: bigint | Uint8Array;
    [tag, at] = readVarint(bytes, at);
    if ((tag & 7n) === 2n) {
      const [length, start] = readVarint(bytes, at);
      at = start + Number(length);
      if (at > bytes.length) throw new Error('a field is cut off');
      value = bytes.subarray(start, at);
    } else if ((tag & 7n) === 0n) [value, at] = readVarint(bytes, at);
    else throw new Error(`wire type ${tag & 7n} is not used in the protocol`);
    const number = Number(tag >> 3n);
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}

export function textOf(fields: Fields, number: number): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(fields, number));
}

export function bytesOf(fields: Fields, number: number): Uint8Array {
  const value = fields.get(number)?.at(-1) ?? new Uint8Array();
  if (typeof value === 'bigint') throw new Error(`field ${number} is a number`);
  return value;
}

export function numberOf(fields: Fields, number: number): number {
  const value = fields.get(number)?.at(-1) ?? 0n;
  if (typeof value !== 'bigint') throw new Error(`field ${number} is no number`);
  return Number(BigInt.asIntN(64, value));
}

/** All messages of a repeated field. */
export function messagesOf(fields: Fields, number: number): Fields[] {
  return (fields.get(number) ?? []).map((value) => {
    if (typeof value === 'bigint') throw new Error(`field ${number} is a number`);
    return read(value);
  });
}

function readVarint(bytes: Uint8Array, start: number): [bigint, number] {
  let value = 0n;
  for (let at = start; ; at++) {
    const byte = bytes[at];
    if (byte === undefined || at - start > 9) throw new Error('a number is cut off');
    value |= BigInt(byte & 0x7f) << BigInt(7 * (at - start));
    if (byte < 0x80) return [value, at + 1];
  }
}
