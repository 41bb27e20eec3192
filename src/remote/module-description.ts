/**
 * What a module.yaml says, as plain data: which functions run where, and which ingresses and egresses there are. It is
 * made by reading only; nothing in it is open, and nothing of it depends on our own transports and connectors.
 */

export interface ModuleDescription {
  readonly endpoints: readonly EndpointDescription[];
  readonly ingresses: readonly IngressDescription[];
  readonly egresses: readonly EgressDescription[];
}

/** Functions behind one endpoint. StateFun: `io.statefun.endpoints.v2/http` and `.v1/http`. */
export interface EndpointDescription {
  /** `namespace/name`, or `namespace/*`. An exact name beats its namespace. */
  readonly functions: string;
  /** With `{function.name}` where the name of the function stands. */
  readonly urlTemplate: string;
  /** How many messages a request may carry; undefined for no limit. StateFun: `maxNumBatchRequests`. */
  readonly batchCountMax: number | undefined;
  readonly transport: TransportDescription;
}

/** How requests travel. The names are ours; what StateFun calls them stands in `module-yaml-transport.ts`. */
export type TransportDescription = AsyncTransport | OkHttpTransport;

export interface AsyncTransport {
  readonly profile: 'async';
  readonly callMs: number;
  readonly connectMs: number;
  readonly poolTtlMs: number;
  readonly poolSize: number;
  readonly payloadBytesMax: number;
  readonly trustCaCerts: string | undefined;
  readonly clientCert: string | undefined;
  readonly clientKey: string | undefined;
  /** The path of a file that holds it. */
  readonly clientKeyPassword: string | undefined;
}

export interface OkHttpTransport {
  readonly profile: 'okhttp';
  readonly callMs: number;
  readonly connectMs: number;
  readonly readMs: number;
  readonly writeMs: number;
}

export type IngressDescription = KafkaIngress | KinesisIngress;
export type EgressDescription = KafkaEgress | KinesisEgress;

/** Where the records of one topic or stream go: each to every target, at the record's key. */
export interface RecordRoute {
  /** Name of the topic or stream. */
  readonly from: string;
  /** Type name under which the bytes of a record travel; nobody looks into them. */
  readonly valueType: string;
  readonly targets: readonly string[];
}

export interface KafkaIngress {
  readonly kind: 'io.statefun.kafka.v1/ingress';
  readonly id: string;
  readonly routes: readonly RecordRoute[];
  /** Of the consumer: what the named fields say, and the rest of `properties`. */
  readonly properties: ReadonlyMap<string, string>;
  readonly startup: KafkaStartup;
}

/** Where to begin when no checkpoint says it. */
export type KafkaStartup =
  | { readonly from: 'group-offsets' | 'earliest' | 'latest' }
  | {
      readonly from: 'specific-offsets';
      readonly offsets: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[];
    }
  | { readonly from: 'date'; readonly epochMs: number };

export interface KafkaEgress {
  readonly kind: 'io.statefun.kafka.v1/egress';
  readonly id: string;
  readonly properties: ReadonlyMap<string, string>;
  readonly delivery: 'none' | 'at-least-once' | 'exactly-once';
  /** For exactly-once only. */
  readonly transactionTimeoutMs: number | undefined;
}

export interface KinesisIngress {
  readonly kind: 'io.statefun.kinesis.v1/ingress';
  readonly id: string;
  readonly routes: readonly RecordRoute[];
  readonly region: AwsRegion;
  readonly credentials: AwsCredentials;
  readonly startup: { readonly from: 'earliest' | 'latest' } | { readonly from: 'date'; readonly epochMs: number };
  readonly clientProperties: ReadonlyMap<string, string>;
}

export interface KinesisEgress {
  readonly kind: 'io.statefun.kinesis.v1/egress';
  readonly id: string;
  readonly region: AwsRegion;
  readonly credentials: AwsCredentials;
  readonly clientProperties: ReadonlyMap<string, string>;
  readonly outstandingCountMax: number;
}

export type AwsRegion =
  | { readonly type: 'default' }
  | { readonly type: 'specific'; readonly id: string }
  | { readonly type: 'custom-endpoint'; readonly endpoint: string; readonly id: string };

export type AwsCredentials =
  | { readonly type: 'default' }
  | { readonly type: 'basic'; readonly accessKeyId: string; readonly secretAccessKey: string }
  | { readonly type: 'profile'; readonly profileName: string; readonly profilePath: string | undefined };
