/**
 * YAML as plain nodes with places, and nothing else: the only file that knows the `yaml` package. Aliases, merge keys and
 * tags are refused, so the tree is as large as the text; maps are lists of entries, so no key of a file ever becomes the
 * name of a property.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, type Node, parseAllDocuments } from 'yaml';
import { describe } from '../sdk/errors.ts';
import type { YamlFindings, YamlPlace } from './module-yaml-finding.ts';
import { guardTokens, YAML_BYTES_MAX } from './module-yaml-guard.ts';

export interface YamlScalar {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** As it is written, without quotes. */
  readonly text: string;
  readonly at: YamlPlace;
}

export interface YamlList {
  readonly kind: 'list';
  readonly items: readonly YamlNode[];
  readonly at: YamlPlace;
}

export interface YamlEntry {
  readonly key: string;
  readonly keyAt: YamlPlace;
  readonly value: YamlNode;
}

export interface YamlMap {
  readonly kind: 'map';
  readonly entries: readonly YamlEntry[];
  readonly at: YamlPlace;
}

export type YamlNode = YamlScalar | YamlList | YamlMap;

/** How a node may spell out what it is anyway. */
const CORE_TAG = /^tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq)$/;

/** Reads one document; places are counted within the file. */
class DocumentReader {
  readonly #document: number;
  readonly #lines: LineCounter;
  readonly #findings: YamlFindings;

  constructor(document: number, lines: LineCounter, findings: YamlFindings) {
    this.#document = document;
    this.#lines = lines;
    this.#findings = findings;
  }

  place(offset: number, path: string): YamlPlace {
    const { line, col } = this.#lines.linePos(offset);
    return { document: this.#document, path, line: Math.max(1, line), column: Math.max(1, col) };
  }

  read(node: Node | null | undefined, path: string, offset: number): YamlNode {
    const at = this.place(node?.range?.[0] ?? offset, path);
    if (node === null || node === undefined) return { kind: 'scalar', value: null, text: '', at };
    if (isAlias(node)) return this.#refused(at, `the alias *${node.source.slice(0, 60)} is refused: write it out`);
    if (node.tag !== undefined && !CORE_TAG.test(node.tag)) {
      return this.#refused(at, `the tag ${describe(node.tag)} is refused`);
    }
    if (isMap<unknown, unknown>(node)) return this.#map(node.items as readonly Pair[], at);
    if (isSeq<Node | null>(node)) {
      const items = node.items.map((item, index) => this.read(item, `${path}[${index}]`, offset));
      return { kind: 'list', items, at };
    }
    if (isScalar(node)) return this.#scalar(node.value, node.source, at);
    return this.#refused(at, 'this is neither a value, a list nor a map');
  }

  #scalar(value: unknown, source: string | undefined, at: YamlPlace): YamlScalar {
    const text = source ?? String(value);
    if (typeof value === 'number' || typeof value === 'boolean' || value === null) {
      return { kind: 'scalar', value, text, at };
    }
    return { kind: 'scalar', value: text, text, at };
  }

  #map(pairs: readonly Pair[], at: YamlPlace): YamlMap {
    const entries: YamlEntry[] = [];
    const seen = new Set<string>();
    for (const { key, value } of pairs) {
      const keyAt = this.place(key?.range?.[0] ?? 0, at.path);
      if (!isScalar(key) || (key.tag !== undefined && !CORE_TAG.test(key.tag))) {
        this.#findings.refuse(keyAt, 'a key must be a plain name');
        continue;
      }
      const name = key.source ?? String(key.value);
      const path = at.path === '' ? name : `${at.path}.${name}`;
      if (name === '<<') this.#findings.refuse({ ...keyAt, path }, 'merge keys are refused: write the fields out');
      if (seen.has(name)) this.#findings.refuse({ ...keyAt, path }, 'it stands here a second time');
      seen.add(name);
      entries.push({
        key: name,
        keyAt: { ...keyAt, path },
        value: this.read(value, path, key.range?.[1] ?? 0),
      });
    }
    return { kind: 'map', entries, at };
  }

  #refused(at: YamlPlace, what: string): YamlScalar {
    this.#findings.refuse(at, what);
    return { kind: 'scalar', value: null, text: '', at };
  }
}

interface Pair {
  readonly key: Node | null;
  readonly value: Node | null;
}

/** The documents of a text, in their order; a null document is a scalar `null`. Mistakes are among the findings. */
export function readYamlDocuments(text: string, findings: YamlFindings): readonly YamlNode[] {
  const refusal = refusalOf(text);
  if (refusal !== undefined) {
    findings.refuse(
      { document: 1, path: '', line: refusal.line, column: refusal.column },
      `the file is refused: ${refusal.what}`,
    );
    return [];
  }
  const lines = new LineCounter();
  const options = { lineCounter: lines, schema: 'core', merge: false, uniqueKeys: false, prettyErrors: false } as const;
  const documents = [...parseAllDocuments(text, { ...options, logLevel: 'silent' })] as readonly Document[];
  return documents.map((document, index) => {
    const reader = new DocumentReader(index + 1, lines, findings);
    for (const { message, pos } of document.errors) findings.refuse(reader.place(pos[0], ''), `no YAML: ${message}`);
    if (document.errors.length > 0) return { kind: 'scalar', value: null, text: '', at: reader.place(0, '') };
    return reader.read(document.contents, '', document.range?.[0] ?? 0);
  });
}

function refusalOf(
  text: string,
): { readonly line: number; readonly column: number; readonly what: string } | undefined {
  if (Buffer.byteLength(text) > YAML_BYTES_MAX) {
    return { line: 1, column: 1, what: `it has more than ${YAML_BYTES_MAX} bytes` };
  }
  return guardTokens(new Lexer().lex(text));
}
