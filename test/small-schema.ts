/** Schemas as the libraries have them, as small as can be: of a Standard Schema nothing is needed but its interface. */
import type { StandardSchema } from '../src/index.ts';

/** What a schema that refuses says; anything else that `check` returns is what it makes of the value. */
export class Refusal {
  readonly message: string;
  readonly path: readonly PropertyKey[];

  constructor(message: string, ...path: readonly PropertyKey[]) {
    this.message = message;
    this.path = path;
  }
}

export function smallSchema<Output, Input = Output>(
  check: (value: unknown) => Output | Refusal,
): StandardSchema<Input, Output> {
  return {
    '~standard': {
      version: 1,
      vendor: 'small',
      validate: (value) => {
        const checked = check(value);
        return checked instanceof Refusal ? { issues: [checked] } : { value: checked };
      },
    },
  };
}

/** A whole number that is not negative; texts of digits are made numbers. */
export const countSchema: StandardSchema<number> = smallSchema((value) => {
  const count = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return Number.isInteger(count) && (count as number) >= 0 ? (count as number) : new Refusal('not a count');
});
