/**
 * A module.yaml as a module: `readModuleYaml`. Reads the file, and makes of it what a program would write by hand. All
 * threads of an engine that load it must see the same bytes, or they would number its functions differently.
 */
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';
import { describe, MillraceError } from '../sdk/errors.ts';
import { checkFields, namesOf } from '../sdk/known-fields.ts';
import type { Module } from '../sdk/module.ts';
import { describeFinding, type YamlFinding } from './module-yaml-finding.ts';
import { YAML_BYTES_MAX } from './module-yaml-guard.ts';
import { readModuleText } from './module-yaml.ts';
import { moduleOf, refuseOption, type YamlModuleOptions } from './yaml-module.ts';

export interface ReadModuleYamlOptions extends YamlModuleOptions {
  /** Gets every field that has no effect, in the main thread; by default it is a warning of the process. */
  readonly onWarning?: (warning: YamlFinding) => void;
}

const OPTIONS = namesOf<ReadModuleYamlOptions>('sources', 'sinks', 'failure', 'allow', 'onWarning');

/**
 * Reads a module.yaml as StateFun has it, version 3: endpoints, Kafka and Kinesis ingresses and egresses. For the
 * default export of a module file, or as one of the `modules` of `defineModule`; an engine may also be started with the
 * file itself. There are no connectors to Kafka and Kinesis yet: ingresses need a source in `sources`, and what
 * egresses are given goes to a sink in `sinks`, or waits for `engine.egress(id)`.
 *
 * @throws MillraceError `MODULE_YAML_INVALID` with all mistakes of the file; `INVALID_OPTION`, `INVALID_DEFINITION`
 */
export function readModuleYaml(url: URL | string, options: ReadModuleYamlOptions = {}): Module {
  const path = pathOf(url);
  return moduleOfText(sameText(path), basename(path), options);
}

function checkOptions(options: ReadModuleYamlOptions): void {
  checkFields('INVALID_OPTION', 'readModuleYaml', options, OPTIONS);
  const { onWarning = () => {} } = options;
  if (typeof onWarning !== 'function') refuseOption('onWarning', `is ${describe(onWarning)}; allowed is a function`);
}

function pathOf(url: unknown): string {
  if (url instanceof URL ? url.protocol === 'file:' : typeof url === 'string' && url.startsWith('file:')) {
    return fileURLToPath(url as URL | string);
  }
  if (typeof url === 'string' && url !== '') return url;
  return refuseOption('url', `is ${describe(url)}; allowed is a path or a file URL`);
}

/** The same from its text. */
export function moduleOfText(text: string, file: string, options: ReadModuleYamlOptions = {}): Module {
  checkOptions(options);
  const { description, warnings } = readModuleText(text, file, options.allow);
  if (isMainThread) {
    const {
      onWarning = (warning) => process.emitWarning(`${file}: ${describeFinding(warning)}`, 'ModuleYamlWarning'),
    } = options;
    for (const warning of warnings) onWarning(warning);
  }
  return moduleOf(description, options);
}

/** A thread gets what the main thread has read, should the file have changed since. */
function sameText(path: string): string {
  const key = `millrace module.yaml ${path}`;
  const known = isMainThread ? undefined : getEnvironmentData(key);
  if (typeof known === 'string') return known;
  const text = readYamlFile(path);
  if (isMainThread) setEnvironmentData(key, text);
  return text;
}

/** The text of a file that is not too long. */
export function readYamlFile(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : describe(cause);
    throw new MillraceError('MODULE_YAML_INVALID', `${path} cannot be read: ${reason}`, { cause });
  }
  if (bytes.length > YAML_BYTES_MAX) {
    throw new MillraceError('MODULE_YAML_INVALID', `${path} has more than ${YAML_BYTES_MAX} bytes`);
  }
  // Read as UTF-8 all the same, names and paths would hold replacement characters, and nobody would be told.
  if (!isUtf8(bytes)) throw new MillraceError('MODULE_YAML_INVALID', `${path} is not UTF-8`);
  return bytes.toString('utf8');
}
