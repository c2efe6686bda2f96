/** Something that is not as it should be. */
export interface Finding {
  /** Its stable name. */
  readonly code: FindingCode
  /** What is wrong and what to do, for people. */
  readonly message: string
  /** Whether it waits for a person; the others mend themselves when the session runs next. */
  readonly needsPerson: boolean
  /** Whether `--repair` mends it. */
  readonly canRepair: boolean
}

/** The name of a finding. */
type FindingCode =
  | 'half_paired'
  | 'logged_out'
  | 'restricted'
  | 'credentials_corrupt'
  | 'credentials_from_backup'
  | 'credentials_missing'
  | 'legacy_session'
  | 'key_missing'
  | 'wrong_key'
  | 'records_not_encrypted'
  | 'records_under_old_key'
  | 'records_unreadable'
  | 'unavailable'
  | 'modes_too_wide'
  | 'unfolded_journal'
  | 'journal_damaged'
  | 'left_over_files'
  | 'unfinished_batch'
  | 'symbolic_links'
  | 'not_a_session'
  | 'is_a_session'
  | 'other_prefix'
  | 'many_pre_keys'
  | 'many_files'
  | 'few_inodes'
  | 'directory_writable'
  | 'server_may_lose_sessions'

/** Waits for a person. */
export const forPerson = (code: FindingCode, message: string): Finding => ({ code, message, needsPerson: true, canRepair: false })
/** Waits for a person, and `--repair` mends it. */
export const repairable = (code: FindingCode, message: string): Finding => ({ code, message, needsPerson: true, canRepair: true })
/** Mends itself when the session is run next; `--repair` only does it sooner. */
export const passing = (code: FindingCode, message: string): Finding => ({ code, message, needsPerson: false, canRepair: true })

/** Good to know: nothing is broken. */
export const advice = (code: FindingCode, message: string): Finding => ({ code, message, needsPerson: false, canRepair: false })
