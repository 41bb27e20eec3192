/**
 * Takes the fields of a YAML map by name and type. A mistake becomes a finding and the field is as if it were absent, so
 * that reading goes on; what nobody has asked for by `finish` is an unknown field, which is a warning.
 */
import { isTypeName } from '../sdk/address.ts';
import { describe } from '../sdk/errors.ts';
import { readFlinkDuration } from './flink-duration.ts';
import type { YamlList, YamlMap, YamlNode } from './module-yaml-documents.ts';
import type { YamlFindings, YamlPlace } from './module-yaml-finding.ts';

/** How a node looks in a message. */
function seen(node: YamlNode): string {
  if (node.kind === 'scalar') return node.value === null ? 'nothing' : describe(node.text);
  return node.kind === 'list' ? 'a list' : 'a map';
}

export class YamlFields {
  readonly at: YamlPlace;
  readonly findings: YamlFindings;
  readonly #map: YamlMap;
  readonly #asked = new Set<string>();

  constructor(map: YamlMap, findings: YamlFindings) {
    this.#map = map;
    this.at = map.at;
    this.findings = findings;
  }

  /** The node of a field; undefined where it is absent or null. */
  node(name: string): YamlNode | undefined {
    this.#asked.add(name);
    const value = this.#map.entries.find(({ key }) => key === name)?.value;
    return value?.kind === 'scalar' && value.value === null ? undefined : value;
  }

  has(name: string): boolean {
    return this.node(name) !== undefined;
  }

  /** Where a field stands, or the map if it is absent. */
  placeOf(name: string): YamlPlace {
    const path = this.at.path === '' ? name : `${this.at.path}.${name}`;
    return this.#map.entries.find(({ key }) => key === name)?.value.at ?? { ...this.at, path };
  }

  refuse(name: string, what: string): void {
    this.findings.refuse(this.placeOf(name), what);
  }

  warn(name: string, what: string): void {
    this.findings.warn(this.placeOf(name), what);
  }

  /** Says of an absent field that it must be there. */
  require(name: string): void {
    if (!this.has(name)) this.refuse(name, 'this field is required');
  }

  /** Numbers and booleans are text as well: as they are written. */
  text(name: string): string | undefined {
    const node = this.node(name);
    if (node === undefined || node.kind === 'scalar') return node?.text;
    this.refuse(name, `it must be a text, not ${seen(node)}`);
    return undefined;
  }

  requiredText(name: string): string {
    this.require(name);
    const text = this.text(name);
    if (text === '') this.refuse(name, 'it must not be empty');
    return text ?? '';
  }

  /** `namespace/name`. */
  requiredTypeName(name: string): string {
    const text = this.requiredText(name);
    if (text !== '' && !isTypeName(text))
      this.refuse(name, `it must be of the form namespace/name, not ${describe(text)}`);
    return text;
  }

  /** One of a few words, in any case. */
  word<Word extends string>(name: string, words: readonly Word[], byDefault: Word): Word {
    const text = this.text(name);
    if (text === undefined) return byDefault;
    const word = words.find((each) => each === text.toLowerCase());
    if (word === undefined) this.refuse(name, `it must be one of ${words.join(', ')}, not ${describe(text)}`);
    return word ?? byDefault;
  }

  integer(name: string, byDefault: number, min: number = Number.MIN_SAFE_INTEGER): number {
    const text = this.text(name);
    if (text === undefined) return byDefault;
    const value = /^[+-]?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= min) return value;
    const bound = min === Number.MIN_SAFE_INTEGER ? '' : ` from ${min}`;
    this.refuse(name, `it must be a whole number${bound}, not ${describe(text)}`);
    return byDefault;
  }

  /** A duration as Flink writes it, in milliseconds. */
  durationMs(name: string, byDefault: number, mayBeZero: boolean = true): number {
    const text = this.text(name);
    if (text === undefined) return byDefault;
    const ms = readFlinkDuration(text);
    if (ms === undefined) this.refuse(name, `it must be a duration such as 10s or 2 min, not ${describe(text)}`);
    else if (ms === 0 && !mayBeZero) this.refuse(name, 'it must be more than 0');
    return ms || (mayBeZero ? (ms ?? byDefault) : byDefault);
  }

  /** The fields of a map; of an empty one where it is absent. */
  fields(name: string): YamlFields {
    const node = this.node(name);
    if (node?.kind === 'map') return new YamlFields(node, this.findings);
    if (node !== undefined) this.refuse(name, `it must be a map, not ${seen(node)}`);
    return new YamlFields({ kind: 'map', entries: [], at: this.placeOf(name) }, this.findings);
  }

  list(name: string): YamlList['items'] {
    const node = this.node(name);
    if (node === undefined || node.kind === 'list') return node?.items ?? [];
    this.refuse(name, `it must be a list, not ${seen(node)}`);
    return [];
  }

  /** The maps of a list. */
  listOfFields(name: string): readonly YamlFields[] {
    return this.list(name).flatMap((item) => {
      if (item.kind === 'map') return [new YamlFields(item, this.findings)];
      this.findings.refuse(item.at, `it must be a map, not ${seen(item)}`);
      return [];
    });
  }

  listOfTexts(name: string): readonly { readonly text: string; readonly at: YamlPlace }[] {
    return this.list(name).flatMap((item) => {
      if (item.kind === 'scalar' && item.value !== null) return [{ text: item.text, at: item.at }];
      this.findings.refuse(item.at, `it must be a text, not ${seen(item)}`);
      return [];
    });
  }

  /** A list of maps of one entry each, as StateFun writes properties and offsets; a name that comes again wins. */
  properties(name: string): Map<string, string> {
    const properties = new Map<string, string>();
    for (const item of this.list(name)) {
      const [entry, ...further] = item.kind === 'map' ? item.entries : [];
      if (entry === undefined || further.length > 0) {
        this.findings.refuse(item.at, 'it must be one name: value');
      } else if (entry.value.kind !== 'scalar') {
        this.findings.refuse(entry.value.at, `it must be a text, not ${seen(entry.value)}`);
      } else {
        properties.set(entry.key, entry.value.text);
      }
    }
    return properties;
  }

  /** Warns of all fields that nobody has asked for. */
  finish(): void {
    for (const { key, keyAt } of this.#map.entries) {
      if (this.#asked.has(key)) continue;
      const known = [...this.#asked].join(', ');
      this.findings.warn(keyAt, `this field is unknown and has no effect; known are ${known || 'none'}`);
    }
  }
}
