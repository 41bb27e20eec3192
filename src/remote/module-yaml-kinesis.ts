/**
 * Kinesis in a module.yaml: `io.statefun.kinesis.v1/ingress` and `/egress`. Only what they say; nothing here knows AWS.
 */
import type { AwsCredentials, AwsRegion, KinesisEgress, KinesisIngress } from './module-description.ts';
import { readDateField } from './module-yaml-date.ts';
import type { YamlFields } from './module-yaml-fields.ts';
import { readRoutes } from './module-yaml-routes.ts';

const OUTSTANDING_COUNT_MAX = 1_000;

export function readKinesisIngress(spec: YamlFields, id: string): KinesisIngress {
  const ingress = {
    kind: 'io.statefun.kinesis.v1/ingress' as const,
    id,
    routes: readRoutes(spec, 'streams', 'stream'),
    ...readClient(spec),
    startup: readStartup(spec.fields('startupPosition')),
  };
  spec.finish();
  return ingress;
}

export function readKinesisEgress(spec: YamlFields, id: string): KinesisEgress {
  const egress = {
    kind: 'io.statefun.kinesis.v1/egress' as const,
    id,
    ...readClient(spec),
    outstandingCountMax: spec.integer('maxOutstandingRecords', OUTSTANDING_COUNT_MAX, 1),
  };
  spec.finish();
  return egress;
}

function readClient(spec: YamlFields): Pick<KinesisEgress, 'region' | 'credentials' | 'clientProperties'> {
  const clientProperties = new Map<string, string>();
  for (const [name, text] of spec.properties('clientConfigProperties')) clientProperties.set(clientName(name), text);
  return {
    region: readRegion(spec.fields('awsRegion')),
    credentials: readCredentials(spec.fields('awsCredentials')),
    clientProperties,
  };
}

/** Names that are no full keys are those of the AWS client: StateFun writes them in capitals, their keys begin small. */
function clientName(name: string): string {
  if (name.startsWith('flink.') || name.startsWith('aws.')) return name;
  return `aws.clientconfig.${name.charAt(0).toLowerCase()}${name.slice(1)}`;
}

function readStartup(position: YamlFields): KinesisIngress['startup'] {
  const from = position.word('type', ['latest', 'earliest', 'date'], 'latest');
  const startup = from === 'date' ? { from, epochMs: readDateField(position) } : { from };
  position.finish();
  return startup;
}

function readRegion(region: YamlFields): AwsRegion {
  const type = region.word('type', ['default', 'specific', 'custom-endpoint'], 'default');
  let read: AwsRegion = { type: 'default' };
  if (type === 'specific') read = { type, id: region.requiredText('id') };
  if (type === 'custom-endpoint') {
    read = { type, endpoint: region.requiredText('endpoint'), id: region.requiredText('id') };
    if (read.endpoint !== '' && (!URL.canParse(read.endpoint) || new URL(read.endpoint).protocol !== 'https:')) {
      region.refuse('endpoint', 'it must be an https URL');
    }
  }
  region.finish();
  return read;
}

function readCredentials(credentials: YamlFields): AwsCredentials {
  const type = credentials.word('type', ['default', 'basic', 'profile'], 'default');
  let read: AwsCredentials = { type: 'default' };
  if (type === 'basic') {
    const accessKeyId = credentials.requiredText('accessKeyId');
    read = { type, accessKeyId, secretAccessKey: credentials.requiredText('secretAccessKey') };
  }
  if (type === 'profile') {
    const profileName = credentials.requiredText('profileName');
    read = { type, profileName, profilePath: credentials.text('profilePath') };
  }
  credentials.finish();
  return read;
}
