/**
 * Where a value is counted in an HDR histogram that keeps three significant digits of values from 1 on. The places are
 * those of HdrHistogram itself, so counts can be handed to any of its implementations as they are.
 *
 * ```
 *   value   0 … 2,047      place = value                     one place a value
 *           2,048 … 4,095  1,024 places, two values each
 *           4,096 … 8,191  1,024 places, four values each    …and so on: always 1,024 places for a power of two
 * ```
 */

/** One hour in nanoseconds: the largest value that has a place. */
export const VALUE_MAX = 3_600_000_000_000;
/** Below this each value has a place of its own. */
const EXACT_COUNT = 2_048;
const EXACT_BITS = 11;
/** Places for each further power of two. */
const HALF_BITS = EXACT_BITS - 1;
const HALF_COUNT = EXACT_COUNT / 2;
/** Values from here on are shifted right by a division, since the operators take 32 bits. */
const SHIFTABLE_END = 2 ** 31;
const FAR_BITS = 20;

export const PLACE_COUNT: number = placeOf(VALUE_MAX) - (placeOf(VALUE_MAX) % HALF_COUNT) + HALF_COUNT;

/** How many values a place has, by the power of two: a table, since to raise to a power takes a call. */
const WIDTHS = Float64Array.from({ length: PLACE_COUNT / HALF_COUNT }, (_, power) => 2 ** power);

/** Of a whole number from 0 to `VALUE_MAX`. */
export function placeOf(value: number): number {
  if (value < EXACT_COUNT) return value;
  if (value < SHIFTABLE_END) return placeAbove(value, 0);
  return placeAbove(Math.floor(value / 2 ** FAR_BITS), FAR_BITS);
}

/** Of a value that was shifted right by so many bits and has at least `EXACT_BITS` left. */
function placeAbove(value: number, shifted: number): number {
  const shift = 32 - EXACT_BITS - Math.clz32(value);
  return ((shift + shifted) << HALF_BITS) + (value >>> shift);
}

/** The smallest value that is counted there. */
export function lowestAt(place: number): number {
  if (place < EXACT_COUNT) return place;
  return ((place & (HALF_COUNT - 1)) + HALF_COUNT) * WIDTHS[(place >>> HALF_BITS) - 1];
}

/** The largest one. */
export function highestAt(place: number): number {
  return lowestAt(place + 1) - 1;
}
