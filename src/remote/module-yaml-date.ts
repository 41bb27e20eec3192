/**
 * The moment at which an ingress is to start, as StateFun writes it: `2026-02-01 04:15:00.000 +0000`. Its documents also
 * show forms that its parser refuses, two digits of a second and `Z`; those are understood here.
 */
import { describe } from '../sdk/errors.ts';
import type { YamlFields } from './module-yaml-fields.ts';

const PATTERN = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{1,3}) (?:Z|([+-])(\d\d):?(\d\d))$/;

/** Milliseconds since 1970; undefined for what is no such date. */
export function readStartDate(text: string): number | undefined {
  const [all, ...parts] = PATTERN.exec(text) ?? [];
  if (all === undefined) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(0, 6).map(Number);
  const utcMs = Date.UTC(year, month - 1, day, hour, minute, second, Number((parts[6] ?? '').padEnd(3, '0')));
  // What has overflowed, such as the 31st of February, comes back as another date.
  const back = new Date(utcMs).toISOString();
  if (back.slice(0, 19) !== `${text.slice(0, 10)}T${text.slice(11, 19)}`) return undefined;
  const offsetMinutes = Number(parts[8] ?? 0) * 60 + Number(parts[9] ?? 0);
  return utcMs - (parts[7] === '-' ? -1 : 1) * offsetMinutes * 60_000;
}

/** The field `date` of a start position. */
export function readDateField(position: YamlFields): number {
  const text = position.requiredText('date');
  const epochMs = text === '' ? 0 : readStartDate(text);
  if (epochMs === undefined) {
    const form = 'yyyy-MM-dd HH:mm:ss.SSS Z, such as 2026-02-01 04:15:00.000 +0000';
    position.refuse('date', `it must be of the form ${form}, not ${describe(text)}`);
  }
  return epochMs ?? 0;
}
