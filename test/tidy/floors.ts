/**
 * Floors: knowledge flows down the stairs only. Every room has a floor, and a file imports from its own room or from a
 * lower one; what stands outside the engine (benches, tests, examples) may use it and is never used by it.
 */
import { FLOORS, OUTER_FOLDERS } from './house.ts';
import type { ResolvedImport, SourceFile, Tree } from './tree.ts';
import type { Violation } from './violation.ts';

export function checkFloors({ files }: Tree): Violation[] {
  return files.flatMap((file) => {
    const room = roomOf(file.path);
    const floor = FLOORS[room];
    if (floor === undefined) return [unknownRoom(file, room)];
    return file.imports.flatMap((site) => {
      const message = site.target === undefined ? undefined : refusal(room, floor, site.target);
      return message === undefined ? [] : [floorViolation(file, site, message)];
    });
  });
}

/** 'src/ring/x.ts' → 'ring', 'src/index.ts' → 'index.ts', 'native-free/x.ts' → 'native-free', 'test/x.ts' → 'test'. */
function roomOf(path: string): string {
  const [top = '', second = ''] = path.split('/');
  return top === 'src' ? second : top;
}

function refusal(room: string, floor: number, target: string): string | undefined {
  const targetRoom = roomOf(target);
  if (targetRoom === room) return undefined;
  if (OUTER_FOLDERS.includes(targetRoom))
    return `nobody imports ${targetRoom}/: move what is needed into a room of src/`;
  const targetFloor = FLOORS[targetRoom];
  if (targetFloor === undefined) return `${target} lies outside the house: import only from src/ and native-free/`;
  if (targetFloor < floor) return undefined;
  const cure = 'move the shared part to a lower floor, or have it passed in by the room above';
  if (targetFloor === floor)
    return `${room} and ${targetRoom} share floor ${floor} and know nothing of each other: ${cure}`;
  return `${room} (floor ${floor}) must not look up to ${targetRoom} (floor ${targetFloor}): ${cure}`;
}

function floorViolation(file: SourceFile, site: ResolvedImport, message: string): Violation {
  return { rule: 'floor', path: file.path, line: site.line, message: `imports ${site.specifier}: ${message}` };
}

function unknownRoom(file: SourceFile, room: string): Violation {
  const message = `${room} has no floor: put the file into a room, or give the room a floor in test/tidy/house.ts`;
  return { rule: 'room', path: file.path, message };
}
