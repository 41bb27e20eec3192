/**
 * All deliberate bugs that the tests must catch, one at a time. `npm run mutations` tries them; the test beside this file
 * sees to it that each still has its place in the code.
 *
 * When one is no longer caught, the tests have become weaker: strengthen them, not the list.
 */
import { CHANNEL_MUTATIONS } from './channel-mutations.ts';
import { ENDPOINT_MUTATIONS } from './endpoint-mutations.ts';
import { ENGINE_MUTATIONS } from './engine-mutations.ts';
import { FAILURE_MUTATIONS } from './failure-mutations.ts';
import { MESSAGE_MUTATIONS } from './message-mutations.ts';
import type { Mutation } from './mutation.ts';
import { REMOTE_YAML_MUTATIONS } from './remote-yaml-mutations.ts';
import { REMOTE_MUTATIONS } from './remote-mutations.ts';
import { REMOTE_TRANSPORT_MUTATIONS } from './remote-transport-mutations.ts';
import { SAVEPOINT_MUTATIONS } from './savepoint-mutations.ts';
import { SHARD_MUTATIONS } from './shard-mutations.ts';
import { SMOKE_MUTATIONS } from './smoke-mutations.ts';
import { STATEFUN_MUTATIONS } from './statefun-mutations.ts';
import { STORAGE_MUTATIONS } from './storage-mutations.ts';
import { TABLE_MUTATIONS } from './table-mutations.ts';
import { TESTING_MUTATIONS } from './testing-mutations.ts';
import { TREE_MUTATIONS } from './tree-mutations.ts';
import { TYPED_MUTATIONS } from './typed-mutations.ts';
import { TIMER_MUTATIONS } from './timer-mutations.ts';

export const MUTATIONS: readonly Mutation[] = [
  ...CHANNEL_MUTATIONS,
  ...SHARD_MUTATIONS,
  ...ENGINE_MUTATIONS,
  ...ENDPOINT_MUTATIONS,
  ...FAILURE_MUTATIONS,
  ...STORAGE_MUTATIONS,
  ...SAVEPOINT_MUTATIONS,
  ...TYPED_MUTATIONS,
  ...MESSAGE_MUTATIONS,
  ...TIMER_MUTATIONS,
  ...TESTING_MUTATIONS,
  ...TABLE_MUTATIONS,
  ...TREE_MUTATIONS,
  ...REMOTE_YAML_MUTATIONS,
  ...REMOTE_MUTATIONS,
  ...STATEFUN_MUTATIONS,
  ...REMOTE_TRANSPORT_MUTATIONS,
  ...SMOKE_MUTATIONS,
];
