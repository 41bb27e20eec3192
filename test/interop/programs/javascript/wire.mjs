/** The little of protobuf's wire format that the messages of the smoke test need. */

function varint(bytes, at) {
  let value = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = bytes[at++];
    if (byte === undefined) throw new Error('a number is cut off');
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return [value, at];
  }
}

/** Pairs of number and value, in order; the value is a number below 2^53 or bytes. */
export function fields(bytes) {
  const all = [];
  for (let at = 0; at < bytes.length; ) {
    let tag;
    let value;
    [tag, at] = varint(bytes, at);
    [value, at] = varint(bytes, at);
    if ((tag & 7) === 2) {
      const end = at + value;
      if (end > bytes.length) throw new Error('a field is cut off');
      value = bytes.subarray(at, end);
      at = end;
    } else if ((tag & 7) !== 0) throw new Error(`wire type ${tag & 7} is not used here`);
    all.push([tag >>> 3, value]);
  }
  return all;
}

/** A message of varint fields that are not negative; those that are zero are left out. */
export function encode(...numbered) {
  const out = [];
  for (const [number, value] of numbered.filter((each) => each[1] !== 0)) {
    for (let part of [number * 8, value]) {
      for (; part > 0x7f; part = Math.floor(part / 128)) out.push((part % 128) | 0x80);
      out.push(part);
    }
  }
  return Buffer.from(out);
}
