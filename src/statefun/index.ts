/**
 * `millrace/statefun`: what StateFun's JavaScript package exports, with the same behaviour, so that a program runs here
 * after changing one import; and the values that functions of other languages take and send.
 */
export { Context } from './context.ts';
export {
  KAFKA_RECORD_TYPE,
  kafkaRecord,
  type KafkaRecord,
  KINESIS_RECORD_TYPE,
  kinesisRecord,
  type KinesisRecord,
  readKafkaRecord,
  readKinesisRecord,
} from './egress-records.ts';
export type { FunctionOpts } from './function-spec.ts';
export {
  egressMessageBuilder,
  type EgressMessage,
  type EgressOpts,
  kafkaEgressMessage,
  type KafkaEgressOpts,
  kinesisEgressMessage,
  type KinesisEgressOpts,
  Message,
  messageBuilder,
  type MessageOpts,
} from './message.ts';
export { Address } from './sdk-address.ts';
export { type Handler, StateFun, type StateFunOptions } from './statefun.ts';
export { readTyped, Type, type TypeLike, typedValue } from './type.ts';
export { isTypedValue, type TypedValue } from './typed-value.ts';
export {
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
export { ValueSpec, type ValueSpecOpts } from './value-spec.ts';
