/**
 * What remote functions take, keep and send: bytes with the name of what they are. The engine never looks into them.
 * (StateFun: `io.statefun.sdk.reqreply.TypedValue`.)
 */

export interface TypedValue {
  /** `namespace/name` of the type; empty where somebody has left it out. */
  readonly typename: string;
  /** Undefined: there is no value, which is not the same as one of no bytes. */
  readonly value: Uint8Array | undefined;
}

/** Whether a message is one. */
export function isTypedValue(message: unknown): message is TypedValue {
  if (typeof message !== 'object' || message === null) return false;
  const { typename, value } = message as { readonly typename?: unknown; readonly value?: unknown };
  return typeof typename === 'string' && (value === undefined || value instanceof Uint8Array);
}
