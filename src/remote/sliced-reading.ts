/**
 * A socket that gives what has come in little by little. undici gives its parser all that there is at once, and the parser
 * goes on to the end of it even when the response is refused by then; with headers made for that, this would hold up the
 * thread for tens of milliseconds a response.
 */
import type { Socket } from 'node:net';

const SLICE_BYTES = 4_096;

/** Nothing more is read of a socket that was destroyed. */
export function readInSlices(socket: Socket): void {
  const read = socket.read.bind(socket);
  socket.read = (byteLength?: number): unknown => {
    if (socket.destroyed) return null;
    return read(byteLength ?? (socket.readableLength > SLICE_BYTES ? SLICE_BYTES : undefined));
  };
}
