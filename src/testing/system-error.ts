/** Errors as Node's `fs` throws them, for the simulated disk: with `code`, `errno`, `syscall` and `path`. */
import { constants } from 'node:os';

const DESCRIPTIONS = {
  EBADF: 'bad file descriptor',
  EEXIST: 'file already exists',
  EINVAL: 'invalid argument',
  EIO: 'i/o error',
  EISDIR: 'illegal operation on a directory',
  EMFILE: 'too many open files',
  ENOENT: 'no such file or directory',
  ENOSPC: 'no space left on device',
  ENOTDIR: 'not a directory',
  ENOTEMPTY: 'directory not empty',
} as const;

export type SystemErrorCode = keyof typeof DESCRIPTIONS;

/** `operation` is the name of the FileSystem's method, which says more here than that of a system call. */
export function systemError(code: SystemErrorCode, operation: string, path: string): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error(`${code}: ${DESCRIPTIONS[code]}, ${operation} '${path}'`);
  error.code = code;
  error.errno = -constants.errno[code];
  error.syscall = operation;
  error.path = path;
  return error;
}
