/**
 * The one clock that several processes share, fine enough for milliseconds: what one of them says can be compared with
 * what another one says.
 */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}
