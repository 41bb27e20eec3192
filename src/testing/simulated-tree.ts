/**
 * The names of the simulated disk: paths, the operations on them with the errors that the system gives, and what becomes
 * of all of it in a power loss. It knows nothing of processes, handles and faults. Paths are absolute or start at the
 * root; both kinds of separators are understood.
 */
import { posix } from 'node:path';
import type { Prng } from '../base/prng.ts';
import { EntryJournal, type EntryValue, SimulatedDirectory, type SimulatedNode } from './entry-journal.ts';
import { SimulatedFile } from './simulated-file.ts';
import { systemError } from './system-error.ts';

/** Where an entry is or would be. */
interface Place {
  readonly directory: SimulatedDirectory;
  readonly name: string;
  readonly node: SimulatedNode | undefined;
}

export class SimulatedTree {
  #root = new SimulatedDirectory(0);
  #journal = new EntryJournal();
  #directoryCount = 1;

  /** How many changes of names there were: what a sync of a directory that is called now has to cover. */
  get changeCount(): number {
    return this.#journal.changeCount;
  }

  /** What the path stands for; `undefined` if nothing, or if something on the way is no directory. */
  find(path: string): SimulatedNode | undefined {
    let node: SimulatedNode | undefined = this.#root;
    for (const name of namesOf(path)) {
      node = node instanceof SimulatedDirectory ? node.entries.get(name) : undefined;
    }
    return node;
  }

  /** The file of that path, or the error that the operation would get. */
  file(path: string, operation: string): SimulatedFile {
    const { node } = this.#place(path, operation);
    if (node instanceof SimulatedFile) return node;
    throw systemError(node === undefined ? 'ENOENT' : 'EISDIR', operation, path);
  }

  directory(path: string, operation: string): SimulatedDirectory {
    if (namesOf(path).length === 0) return this.#root;
    const { node } = this.#place(path, operation);
    if (node instanceof SimulatedDirectory) return node;
    throw systemError(node === undefined ? 'ENOENT' : 'ENOTDIR', operation, path);
  }

  list(path: string): string[] {
    try {
      return [...this.directory(path, 'list').entries.keys()].toSorted();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  createFile(path: string): SimulatedFile {
    const { directory, name, node } = this.#place(path, 'open');
    if (node !== undefined) throw systemError('EEXIST', 'open', path);
    const file = new SimulatedFile();
    this.#journal.change([{ directory, name, node: file }]);
    return file;
  }

  makeDirectory(path: string): void {
    const names = namesOf(path);
    for (let depth = 1; depth <= names.length; depth++) {
      const { directory, name, node } = this.#place(names.slice(0, depth).join('/'), 'makeDirectory');
      if (node instanceof SimulatedFile)
        throw systemError(depth === names.length ? 'EEXIST' : 'ENOTDIR', 'makeDirectory', path);
      const made = (): SimulatedDirectory => new SimulatedDirectory(this.#directoryCount++);
      if (node === undefined) this.#journal.change([{ directory, name, node: made() }]);
    }
  }

  remove(path: string): void {
    this.file(path, 'remove');
    const { directory, name } = this.#place(path, 'remove');
    this.#journal.change([{ directory, name, node: undefined }]);
  }

  /** One change for each file and directory inside, since the system does it one by one, too. */
  removeDirectory(path: string): void {
    const node = this.find(path);
    if (node instanceof SimulatedFile) throw systemError('ENOTDIR', 'removeDirectory', path);
    if (node !== undefined) this.#removeAll(this.#place(path, 'removeDirectory'));
  }

  rename(from: string, to: string): void {
    const source = this.#place(from, 'rename');
    const target = this.#place(to, 'rename');
    if (source.node === undefined) throw systemError('ENOENT', 'rename', from);
    if (source.node === target.node) return;
    const isDirectory = source.node instanceof SimulatedDirectory;
    if (isDirectory && isWithin(to, from)) throw systemError('EINVAL', 'rename', from);
    const replaced = target.node;
    if (replaced instanceof SimulatedDirectory) {
      if (!isDirectory) throw systemError('EISDIR', 'rename', from);
      if (replaced.entries.size > 0) throw systemError('ENOTEMPTY', 'rename', from);
    } else if (replaced !== undefined && isDirectory) throw systemError('ENOTDIR', 'rename', from);
    const values: EntryValue[] = [
      { directory: source.directory, name: source.name, node: undefined },
      { directory: target.directory, name: target.name, node: source.node },
    ];
    this.#journal.change(values, replaced instanceof SimulatedDirectory ? replaced : undefined);
  }

  completeSync(directory: SimulatedDirectory, changeCount: number): void {
    this.#journal.completeSync(directory, changeCount);
  }

  /** Makes a file durable with all names on the way to it. */
  placeFile(path: string, bytes: Uint8Array): void {
    this.makeDirectory(posix.dirname(`/${namesOf(path).join('/')}`));
    const found = this.find(path);
    if (found === undefined) this.createFile(path);
    this.file(path, 'open').replace(bytes);
    let directory = this.#root;
    for (const name of namesOf(path)) {
      this.#journal.makeEntryDurable(directory, name);
      const node = directory.entries.get(name);
      if (node instanceof SimulatedDirectory) directory = node;
    }
  }

  /** All files that have a name, by absolute path, in the order of their paths. */
  files(): [string, SimulatedFile][] {
    return [...filesUnder('', this.#root)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Power loss, and the machine is up again. */
  crash(random: Prng): void {
    this.#journal.crash(random);
    restoreEntries(this.#root);
    for (const [, file] of this.files()) file.crash(random);
  }

  clone(): SimulatedTree {
    const copies = new Map<SimulatedNode, SimulatedNode>();
    const copyOf = <Node extends SimulatedNode | undefined>(node: Node): Node =>
      (node === undefined ? undefined : copyNode(node, copies)) as Node;
    const copy = new SimulatedTree();
    copy.#root = copyOf(this.#root);
    copy.#journal = this.#journal.clone(copyOf);
    copy.#directoryCount = this.#directoryCount;
    return copy;
  }

  #place(path: string, operation: string): Place {
    const names = namesOf(path);
    const name = names.at(-1);
    if (name === undefined) throw systemError('EINVAL', operation, path);
    let directory = this.#root;
    for (const above of names.slice(0, -1)) {
      const node = directory.entries.get(above);
      if (!(node instanceof SimulatedDirectory)) {
        throw systemError(node === undefined ? 'ENOENT' : 'ENOTDIR', operation, path);
      }
      directory = node;
    }
    return { directory, name, node: directory.entries.get(name) };
  }

  #removeAll({ directory, name, node }: Place): void {
    if (!(node instanceof SimulatedDirectory)) return this.#journal.change([{ directory, name, node: undefined }]);
    for (const [inside, child] of node.entries) this.#removeAll({ directory: node, name: inside, node: child });
    this.#journal.change([{ directory, name, node: undefined }], node);
  }
}

/** A run uses the same few paths over and over. */
const namesByPath = new Map<string, readonly string[]>();
const PATH_COUNT_MAX = 10_000;

function namesOf(path: string): readonly string[] {
  const known = namesByPath.get(path);
  if (known !== undefined) return known;
  if (namesByPath.size >= PATH_COUNT_MAX) namesByPath.clear();
  const resolved = posix.resolve('/', path.replaceAll('\\', '/'));
  const names = resolved.split('/').filter((name) => name !== '');
  namesByPath.set(path, names);
  return names;
}

function isWithin(path: string, directory: string): boolean {
  return `${namesOf(path).join('/')}/`.startsWith(`${namesOf(directory).join('/')}/`);
}

function* filesUnder(path: string, directory: SimulatedDirectory): Generator<[string, SimulatedFile]> {
  for (const [name, node] of directory.entries) {
    if (node instanceof SimulatedFile) yield [`${path}/${name}`, node];
    else yield* filesUnder(`${path}/${name}`, node);
  }
}

function restoreEntries(directory: SimulatedDirectory): void {
  directory.entries.clear();
  for (const [name, node] of directory.durableEntries) {
    directory.entries.set(name, node);
    if (node instanceof SimulatedDirectory) restoreEntries(node);
  }
}

function copyNode(node: SimulatedNode, copies: Map<SimulatedNode, SimulatedNode>): SimulatedNode {
  const known = copies.get(node);
  if (known !== undefined) return known;
  if (node instanceof SimulatedFile) {
    const file = node.clone();
    copies.set(node, file);
    return file;
  }
  const directory = new SimulatedDirectory(node.number);
  copies.set(node, directory);
  for (const [name, child] of node.entries) directory.entries.set(name, copyNode(child, copies));
  for (const [name, child] of node.durableEntries) directory.durableEntries.set(name, copyNode(child, copies));
  return directory;
}
