/**
 * Names and words: file names that say what is inside, a paragraph at the door of every file, and the calls that would
 * let time, chance or garbage into the engine by the back way.
 */
import { BANNED_NAMES, BANNED_WORDS, type BannedWord, CHECKED_FOLDERS } from './house.ts';
import type { SourceFile, Tree } from './tree.ts';
import type { Violation } from './violation.ts';

export function checkWords({ paths, files }: Tree): Violation[] {
  return [
    ...paths.flatMap(checkName),
    ...files.flatMap(checkOpening),
    ...files.flatMap((file) => BANNED_WORDS.flatMap((banned) => checkWord(file, banned))),
  ];
}

/** 'wire/keyUtils.ts' and 'wire/key-utils/x.ts' both contain the part 'utils'; 'uncommon.ts' has no part 'common'. */
function checkName(path: string): Violation[] {
  const parts = path.split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/).map((part) => part.toLowerCase());
  return parts
    .filter((part) => BANNED_NAMES.includes(part))
    .map((part) => ({
      rule: 'name',
      path,
      message: `"${part}" says nothing: name the file after the thing it holds, or move each part to the file that uses it`,
    }));
}

function checkOpening({ path, text }: SourceFile): Violation[] {
  if (/^\s*(?:\/\*\*|\/\/)/.test(text)) return [];
  const message = 'open with a paragraph (/** … */): what this is, who owns it, what it must never do';
  return [{ rule: 'opening', path, line: 1, message }];
}

function checkWord(
  { path, text }: SourceFile,
  { word, within = CHECKED_FOLDERS, except, instead }: BannedWord,
): Violation[] {
  if (!within.some((prefix) => path.startsWith(prefix)) || except?.includes(path)) return [];
  return text
    .split('\n')
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line.includes(word))
    .map(({ number }) => ({ rule: 'word', path, line: number, message: `no ${word}…) here: ${instead}` }));
}
