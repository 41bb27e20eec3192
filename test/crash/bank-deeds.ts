/**
 * What not every life of a bank comes to, and what must have happened before some of the kills of a run.
 */
export const DEEDS = [
  'edited',
  'redriven',
  'dropped',
  'overdue',
  'refused by a schema',
  'stopped',
  'quarantined',
  'saved',
] as const;
export type Deed = (typeof DEEDS)[number];
