/**
 * A StateFun program in JavaScript: functions bound by name. It is served over HTTP to an engine elsewhere, or it runs
 * embedded in the shards of this one; the functions do not notice which. (The class `StateFun` of the official package.)
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type FunctionOpts, functionSpec } from './function-spec.ts';
import type { BatchRequest, BatchResponse } from './protocol.ts';
import { BoundFunction, runBatch } from './run-batch.ts';
import { serveBatch } from './serve-batches.ts';
import type { Type } from './type.ts';
import { showMade } from './made-programs.ts';
import {
  BooleanType,
  customType,
  DoubleType,
  FloatType,
  IntType,
  jsonType,
  LongType,
  protoType,
  StringType,
} from './types.ts';

export interface StateFunOptions {
  /** Is told of every request that fails, and of what functions do when their batch has ended. Default: `console.error`. */
  readonly onError?: (error: Error) => void;
}

/** An HTTP handler that serves a program. */
export type Handler = (req: unknown, res: unknown) => Promise<void>;

export class StateFun {
  readonly #functions: Map<string, BoundFunction> = new Map();
  readonly #onError: (error: Error) => void;

  constructor({ onError = logError }: StateFunOptions = {}) {
    this.#onError = (error) => {
      try {
        onError(error);
      } catch {
        // Whoever listens must not keep a request from being answered; and somebody should learn of it.
        logError(error);
      }
    };
    showMade(this);
  }

  /**
   * Adds a function; one of the same name is replaced.
   *
   * @throws MillraceError `INVALID_TYPE_NAME` or `INVALID_DEFINITION`
   */
  bind(opts: FunctionOpts): void {
    this.#functions.set(opts.typename, new BoundFunction(functionSpec(opts)));
  }

  /** The names of its functions, in the order in which they were bound. */
  get typenames(): readonly string[] {
    return [...this.#functions.keys()];
  }

  /** Whole numbers of 32 bits. */
  static intType(): Type<number> {
    return IntType;
  }

  /** Whole numbers of 64 bits, as bigint. */
  static longType(): Type<bigint> {
    return LongType;
  }

  static stringType(): Type<string> {
    return StringType;
  }

  static booleanType(): Type<boolean> {
    return BooleanType;
  }

  static floatType(): Type<number> {
    return FloatType;
  }

  static doubleType(): Type<number> {
    return DoubleType;
  }

  static jsonType<T>(typename: string): Type<T> {
    return jsonType<T>(typename);
  }

  static protoType<T>(typename: string, googleProtobufGeneratedType: unknown): Type<T> {
    return protoType<T>(typename, googleProtobufGeneratedType);
  }

  static customType<T>(typename: string, serialize: (value: T) => Buffer, deserializer: (bytes: Buffer) => T): Type<T> {
    return customType(typename, serialize, deserializer);
  }

  /** A handler for `http.createServer`. */
  handler(): Handler {
    return async (req, res) => await this.handle(req, res);
  }

  /** Answers one HTTP request: 200, or 500 without a body when anything fails. Never rejects. */
  async handle(req: unknown, res: unknown): Promise<void> {
    const run = async (batch: BatchRequest): Promise<BatchResponse> => await this.run(batch);
    await serveBatch(req as IncomingMessage, res as ServerResponse, run, this.#onError);
  }

  /**
   * Runs one batch, without HTTP.
   *
   * @throws MillraceError `UNKNOWN_FUNCTION`, and whatever the program throws
   */
  async run(batch: BatchRequest): Promise<BatchResponse> {
    return await runBatch(this.#functions, batch, this.#onError);
  }
}

function logError(error: Error): void {
  // oxlint-disable-next-line no-console -- a server of functions has nobody else to tell
  console.error('A StateFun request failed.', error);
}
