/**
 * A module.yaml by URL. Threads load a module by its URL, each for itself and at different times; a file may change in
 * between, and then they would number its functions differently. So the URL that is handed around holds the bytes.
 */
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Module } from '../sdk/module.ts';

const PINNED = 'data:application/yaml;base64,';

/** Whether a path or a URL names a module.yaml, or holds one. */
export function isYamlModule(url: string): boolean {
  return url.startsWith(PINNED) || /\.ya?ml$/i.test(url);
}

/** The URL that every thread is to load: of a YAML file, one that holds its bytes. Throws `MODULE_YAML_INVALID`. */
export async function pinModule(url: string): Promise<string> {
  if (!isYamlModule(url) || url.startsWith(PINNED)) return url;
  const { readYamlFile } = await import('../remote/read-module-yaml.ts');
  const path = fileURLToPath(url);
  const bytes = Buffer.from(readYamlFile(path), 'utf8');
  return `${PINNED}${bytes.toString('base64')}#${encodeURIComponent(basename(path))}`;
}

/** Throws `MODULE_YAML_INVALID`. The reader of YAML and the client of HTTP are loaded only where there is such a file. */
export async function loadYamlModule(url: string): Promise<Module> {
  const { moduleOfText, readModuleYaml } = await import('../remote/read-module-yaml.ts');
  if (!url.startsWith(PINNED)) return readModuleYaml(url);
  const [data = '', file = ''] = url.slice(PINNED.length).split('#');
  return moduleOfText(Buffer.from(data, 'base64').toString('utf8'), decodeURIComponent(file));
}
