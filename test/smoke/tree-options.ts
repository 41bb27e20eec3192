/**
 * How likely each kind of command is in a random tree, and how large the trees become.
 */

/** The names and defaults of the first ones are those of StateFun's smoke test. */
export interface TreeOptions {
  readonly numberOfFunctionInstances: number;
  readonly commandDepth: number;
  readonly maxCommandsPerDepth: number;
  readonly stateModificationsPr: number;
  readonly sendPr: number;
  /** With a delay. */
  readonly sendAfterPr: number;
  readonly asyncSendPr: number;
  readonly noopPr: number;
  readonly sendEgressPr: number;
  readonly replyPr: number;
  readonly answerPr: number;
  readonly failPr: number;
  /** How many of the roots are asked instead of sent. */
  readonly askPr: number;
  readonly tablePr: number;
  readonly listPr: number;
  /** Going through a table. */
  readonly walkPr: number;
  /** A value that expires: where the clock stands still within an invocation. */
  readonly fadePr: number;
  readonly againPr: number;
  readonly operationPr: number;
  readonly schedulePr: number;
  readonly throwAwayPr: number;
  /** Counting in a value that has a version. */
  readonly tallyPr: number;
  /** Failing for a while; how often a message is tried before it is a dead letter, or its address is parked. */
  readonly stumblePr: number;
  readonly attempts: number;
  readonly parks: boolean;
  /** To whoever exists: to somebody, and to nobody. */
  readonly knockPr: number;
  readonly ghostPr: number;
  /** To a type that nobody has. */
  readonly strayPr: number;
  /** What schemas refuse. */
  readonly misfitPr: number;
  /** How many of the roots bring a trace. */
  readonly tracedPr: number;
  /** Whether schedules may take longer than a second. */
  readonly isPatient: boolean;
}

export const SMOKE_OPTIONS: TreeOptions = {
  numberOfFunctionInstances: 128,
  commandDepth: 10,
  maxCommandsPerDepth: 3,
  stateModificationsPr: 0.4,
  sendPr: 0.9,
  sendAfterPr: 0,
  asyncSendPr: 0.1,
  noopPr: 0.2,
  sendEgressPr: 0.03,
  replyPr: 0.1,
  answerPr: 0.05,
  failPr: 0.03,
  askPr: 0.1,
  tablePr: 0,
  listPr: 0,
  walkPr: 0,
  fadePr: 0,
  againPr: 0,
  operationPr: 0,
  schedulePr: 0,
  throwAwayPr: 0,
  tallyPr: 0,
  stumblePr: 0,
  attempts: 1,
  parks: false,
  knockPr: 0,
  ghostPr: 0,
  strayPr: 0,
  misfitPr: 0,
  tracedPr: 0,
  isPatient: false,
};

/** With all that functions of our own can do. */
export const WHOLE_OPTIONS: TreeOptions = {
  ...SMOKE_OPTIONS,
  tablePr: 0.2,
  listPr: 0.2,
  walkPr: 0.03,
  againPr: 0.05,
  operationPr: 0.1,
  schedulePr: 0.01,
  throwAwayPr: 0.03,
  tallyPr: 0.1,
  stumblePr: 0.02,
  attempts: 2,
  knockPr: 0.03,
  ghostPr: 0.03,
  strayPr: 0.01,
  misfitPr: 0.02,
  tracedPr: 0.2,
};
