/** The caller asked for something that this program does not understand: exit code 2. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError'
}

/** Something that was asked for could not be done, for a reason that a person can mend: exit code 1. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError'
}

/** What a process ends with, as scripts know it. */
export interface ExitCodes {
  /** Done, and nothing needs a person. */
  readonly fine: 0
  /** Something needs a person, or could not be done. */
  readonly trouble: 1
  /** What was asked for makes no sense. */
  readonly usage: 2
  /** Ended early by SIGINT. */
  readonly interrupted: 130
}

/** What a process ends with, as scripts know it. */
export const EXIT: ExitCodes = Object.freeze({ fine: 0, trouble: 1, usage: 2, interrupted: 130 })
