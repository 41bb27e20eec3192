/**
 * The head of an HTTP response: the status line and what is needed of the fields below it. Strict, since it comes from
 * anybody, and what two readers take differently is how requests are smuggled: no bare line feeds, no folded lines, no
 * two lengths, no length beside chunks. Whatever is not as RFC 9112 has it is refused with an error.
 */

export interface ResponseHead {
  readonly status: number;
  /** A field that stands there twice is none: nobody can tell which one counts. */
  readonly contentType: string | undefined;
  readonly retryAfter: string | undefined;
  /** All of them, in order. */
  readonly contentEncoding: string | undefined;
  /** Of the body; undefined where it is chunked, or goes on to the end of the connection. */
  readonly byteLength: number | undefined;
  readonly isChunked: boolean;
  /** How long the other side keeps the connection for the next request, in milliseconds: 0 if it closes it. */
  readonly keptMs: number;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t -~\x80-\xff]*)?$/;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):(.*)$/;
const VALUE = /^[\t -~\x80-\xff]*$/;
/** Longer ones are beyond what is counted in numbers. */
const LENGTH = /^\d{1,15}$/;
/** Fields that are read; others only have to be well-formed. */
const READ: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'content-type',
  'content-encoding',
  'retry-after',
  'connection',
  'keep-alive',
]);
/** Statuses whose responses end with their head, whatever it says. */
const STATUS_NO_CONTENT = 204;
const STATUS_NOT_MODIFIED = 304;
/** Who says how long it keeps connections is asked a second less: the request has to get there. */
const KEPT_MARGIN_MS = 1_000;

/** `text` is the head without the empty line at its end. Throws what is wrong with it. */
export function readHead(text: string): ResponseHead {
  const lines = text.split('\r\n');
  const [, minor, code] = STATUS_LINE.exec(lines[0]) ?? [];
  if (code === undefined) throw new Error('What came is no HTTP response');
  const fields = readFields(lines);
  const status = Number(code);
  const isChunked = isBodyChunked(fields, minor);
  const byteLength = bodyLength(fields, isChunked);
  const hasBody = status >= 200 && status !== STATUS_NO_CONTENT && status !== STATUS_NOT_MODIFIED;
  return {
    status,
    contentType: single(fields.get('content-type')),
    retryAfter: single(fields.get('retry-after')),
    contentEncoding: fields.get('content-encoding')?.join(', '),
    byteLength: hasBody ? byteLength : 0,
    isChunked: hasBody && isChunked,
    keptMs: readKeptMs(fields, minor),
  };
}

/** Throws what is wrong with the trailers of a response, of which nothing is read. */
export function checkFields(text: string): void {
  if (text !== '') readFields(['', ...text.split('\r\n')]);
}

function readFields(lines: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, string[]>();
  for (let index = 1; index < lines.length; index++) {
    const [, name, value] = FIELD.exec(lines[index]) ?? [];
    if (name === undefined || !VALUE.test(value)) throw new Error('The response has a malformed header');
    const key = name.toLowerCase();
    if (!READ.has(key)) continue;
    const values = fields.get(key);
    if (values === undefined) fields.set(key, [withoutSpace(value)]);
    else values.push(withoutSpace(value));
  }
  return fields;
}

/** `trim` takes away more than HTTP calls space. */
function withoutSpace(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isSpace(value[start])) start++;
  while (end > start && isSpace(value[end - 1])) end--;
  return value.slice(start, end);
}

function isSpace(character: string): boolean {
  return character === ' ' || character === '\t';
}

function single(values: readonly string[] | undefined): string | undefined {
  return values?.length === 1 ? values[0] : undefined;
}

function isBodyChunked(fields: ReadonlyMap<string, readonly string[]>, minor: string | undefined): boolean {
  const values = fields.get('transfer-encoding');
  if (values === undefined) return false;
  if (minor === '1' && single(values)?.toLowerCase() === 'chunked') return true;
  throw new Error('The response is transferred in an encoding that is not chunked');
}

function bodyLength(fields: ReadonlyMap<string, readonly string[]>, isChunked: boolean): number | undefined {
  const values = fields.get('content-length');
  if (values === undefined) return undefined;
  const value = single(values);
  if (isChunked || value === undefined || !LENGTH.test(value)) throw new Error('The response has no one valid length');
  return Number(value);
}

function readKeptMs(fields: ReadonlyMap<string, readonly string[]>, minor: string | undefined): number {
  const tokens = (fields.get('connection') ?? []).join(',').toLowerCase().split(',');
  const says = (token: string): boolean => tokens.some((each) => each.trim() === token);
  if (says('close') || (minor === '0' && !says('keep-alive'))) return 0;
  const [, seconds] = /(?:^|[ ,])timeout=(\d{1,6})(?:$|[ ,])/i.exec(single(fields.get('keep-alive')) ?? '') ?? [];
  return seconds === undefined ? Infinity : Math.max(0, Number(seconds) * 1000 - KEPT_MARGIN_MS);
}
