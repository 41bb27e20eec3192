/**
 * Whether this run is profiled, and the flags for processes that it starts, so that their threads write profiles as well.
 * `--profile` starts the run itself under these flags of Node (`profile/profile-run.ts`).
 */

/** Empty unless this process writes profiles. */
export const PROFILE_FLAGS: readonly string[] = process.execArgv.filter((flag) => flag.startsWith('--cpu-prof'));
