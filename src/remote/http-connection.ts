/**
 * One connection to an origin, and one request at a time on it: connects, writes the request, reads the response and tells
 * the exchange of it. Then it is free for the next one, if both sides keep it; in all other cases it is closed. It belongs
 * to the client that made it, and never decides by itself what is sent.
 */
import type { Socket } from 'node:net';
import type { Timers } from '../base/timers.ts';
import type { OpenSocket } from './open-socket.ts';
import type { ResponseHead } from './response-head.ts';
import { type HeadCache, type ResponseListener, ResponseReader } from './response-reader.ts';

/** A request on its way, and who is told what comes of it. */
export interface Exchange {
  /** Whose connection it is, as long as it is under way. */
  carriedBy(connection: HttpConnection): void;
  /** The request is being written. */
  sent(): void;
  /** All of it has left. */
  taken(): void;
  /** False if nothing more is wanted; the connection is closed by then. */
  headCame(head: ResponseHead): boolean;
  /** Valid until `piecesPause` or `ended` returns. */
  pieceCame(piece: Uint8Array): boolean;
  /** More is to come; the pieces so far are not valid any more when this returns. */
  piecesPause(): void;
  ended(): void;
  /** `isUnheard`: nothing at all has come by this connection, which only seems to be there. */
  failed(error: Error, isUnheard: boolean): void;
}

export interface ConnectionGround {
  readonly open: OpenSocket;
  readonly connectedEvent: string;
  /** With TLS 1.3 a connection is there before the other side has looked at our certificate. */
  readonly isSecure: boolean;
  readonly connectMs: number;
  readonly timers: Timers;
  readonly heads: HeadCache;
  /** It can take the next request. */
  freed(connection: HttpConnection): void;
  /** It is closed, and takes nothing any more. */
  closed(connection: HttpConnection): void;
}

/** Up to this much the system takes at once on a connection on which nothing else is under way. */
const SMALL_BYTES = 16 * 1024;

export class HttpConnection implements ResponseListener {
  readonly #ground: ConnectionGround;
  readonly #socket: Socket;
  readonly #reader: ResponseReader;
  #exchange: Exchange | undefined;
  /** What is written as soon as it is connected. */
  #request: Uint8Array | undefined;
  #connectTimer: unknown;
  #isConnected = false;
  #isTaken = true;
  #isPaused = false;
  #isHeard = false;
  isClosed = false;
  /** When it was made and when it became free, by the clock of its client, and for how long the other side keeps it. */
  readonly openedAt: number;
  freedAt = 0;
  keptMs: number = Infinity;

  /** May throw what the socket throws. */
  constructor(ground: ConnectionGround, openedAt: number) {
    this.#ground = ground;
    this.openedAt = openedAt;
    this.#reader = new ResponseReader(this, ground.heads);
    this.#socket = ground.open((bytes) => this.#read(bytes));
    this.#socket
      .once(ground.connectedEvent, () => this.#connected())
      .on('error', (error) => this.#fail(error))
      .on('end', () => this.#otherSideEnded())
      .on('close', () => this.#fail(new Error('The connection was closed')));
    const tooSlow = (): void => this.#fail(new Error(`There was no connection within ${ground.connectMs} ms`));
    this.#connectTimer = ground.timers.set(tooSlow, ground.connectMs);
  }

  /** Sends a request, which the connection keeps until it has left. */
  send(request: Uint8Array, exchange: Exchange): void {
    this.#exchange = exchange;
    exchange.carriedBy(this);
    this.#reader.reset();
    this.#request = request;
    if (this.#isConnected) this.#write();
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#isPaused || this.isClosed) return;
    this.#isPaused = false;
    this.#socket.resume();
  }

  /** Ends it at once, and what is under way with it; nobody is told. */
  close(): void {
    this.#exchange = undefined;
    this.#end();
  }

  headCame(head: ResponseHead): boolean {
    return this.#exchange?.headCame(head) === true;
  }

  pieceCame(piece: Uint8Array): boolean {
    return this.#exchange?.pieceCame(piece) === true;
  }

  #connected(): void {
    this.#isConnected = true;
    this.#ground.timers.clear(this.#connectTimer);
    if (this.#request !== undefined) this.#write();
  }

  #write(): void {
    const request = this.#request as Uint8Array;
    this.#request = undefined;
    const exchange = this.#exchange as Exchange;
    exchange.sent();
    if (request.byteLength <= SMALL_BYTES) {
      this.#socket.write(request);
      exchange.taken();
      return;
    }
    this.#isTaken = false;
    this.#socket.write(request, () => {
      this.#isTaken = true;
      if (this.#exchange === exchange) exchange.taken();
    });
  }

  #read(bytes: Buffer): void {
    if (this.isClosed) return;
    this.#isHeard = true;
    // Nobody has asked for anything.
    if (this.#exchange === undefined || !this.#isConnected) return this.#fail(new Error('More came than a response'));
    try {
      const readCount = this.#reader.read(bytes);
      if (this.isClosed) return;
      if (this.#reader.isDone) this.#done(readCount === bytes.length);
      else this.#exchange?.piecesPause();
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  /** `isAll`: nothing has come behind the response. */
  #done(isAll: boolean): void {
    const exchange = this.#exchange as Exchange;
    this.keptMs = this.#reader.head?.keptMs ?? 0;
    this.#exchange = undefined;
    const isFree = isAll && this.#isTaken && this.keptMs > 0;
    // It may have been told to rest with the last piece.
    this.resume();
    // Before anybody is told: whoever waits for a place may send the next request from there.
    if (isFree) this.#ground.freed(this);
    else this.#end();
    exchange.ended();
  }

  #otherSideEnded(): void {
    if (this.#exchange !== undefined && this.#reader.endsWithConnection) {
      const exchange = this.#exchange;
      this.close();
      exchange.ended();
    } else {
      this.#fail(new Error('The other side closed the connection'));
    }
  }

  #fail(error: Error): void {
    const exchange = this.#exchange;
    this.close();
    exchange?.failed(error, this.#ground.isSecure && !this.#isHeard);
  }

  #end(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#request = undefined;
    this.#ground.timers.clear(this.#connectTimer);
    this.#socket.destroy();
    this.#ground.closed(this);
  }
}
