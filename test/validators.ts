/**
 * The same three schemas in each of the libraries that users have: a message that changes on its way, a value with a
 * rule that no type says, and an entry of a table. Only this file knows the libraries.
 */
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';

export const zodSchemas = {
  /** Senders give a text, the function gets a date. */
  visit: z.object({ page: z.string().min(1), at: z.iso.datetime().transform((text) => new Date(text)) }),
  count: z.number().int().nonnegative(),
  entry: z.object({ name: z.string(), tags: z.array(z.enum(['new', 'old'])) }),
};

export const valibotSchemas = {
  visit: v.object({
    page: v.pipe(v.string(), v.minLength(1)),
    at: v.pipe(
      v.string(),
      v.isoTimestamp(),
      v.transform((text) => new Date(text)),
    ),
  }),
  count: v.pipe(v.number(), v.integer(), v.minValue(0)),
  entry: v.object({ name: v.string(), tags: v.array(v.picklist(['new', 'old'])) }),
};

export const arktypeSchemas = {
  visit: type({ page: 'string > 0', at: 'string.date.iso.parse' }),
  count: type('number.integer >= 0'),
  entry: type({ name: 'string', tags: "('new' | 'old')[]" }),
};
