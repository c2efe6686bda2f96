import { seededRandom } from '../support/seeded-random.js'
import type { Finding } from './expectation.js'
import type { StoreStep } from './store-steps.js'
import { KilledSession } from './killed-session.js'

/** What is to be done. */
export interface CrashPlan {
  /** The script of the writer. */
  readonly script: string
  /** How many writers to kill. */
  readonly runs: number
  /** The step at which they are killed; at any moment when it is not given. */
  readonly step?: StoreStep
  /** Whether no session gets batches of 812 records. */
  readonly isSmall?: boolean
  /** Repeats the choices; what a kill meets is up to the machine. */
  readonly seed: number
  /** Ends at the first finding. */
  readonly stopsAtFirst?: boolean
  /** Told after each kill, with how many there were. */
  readonly onKill?: (kills: number) => void
}

/** What came of it. */
export interface CrashReport {
  /** How many writers were killed. */
  runs: number
  /** How many of them in the middle of a write. */
  inWrite: number
  /** After how many something acknowledged was missing, or a new identity there. */
  lost: number
  /** After how many a value or a batch was there in part. */
  torn: number
  /** What was found, one line each. */
  readonly findings: string[]
}

const LANES = 2
/** How often a session is killed before there is a new one, which is paired first. */
const LONGEST_LIFE = 25
/** Every so many sessions get batches of 812 records. */
const BIG_EVERY = 5
/** How many writers of one session may not come to the step. */
const MOST_MISSES = 12

/** Kills writers, two at a time, and lets the next process judge what each has left. */
export async function crash(plan: CrashPlan): Promise<CrashReport> {
  const report: CrashReport = { runs: 0, inWrite: 0, lost: 0, torn: 0, findings: [] }
  const random = seededRandom(plan.seed)
  let left = plan.runs
  // However few there are to be killed, the big sessions get their share and no more.
  const longestLife = Math.min(LONGEST_LIFE, Math.ceil(plan.runs / BIG_EVERY))
  let sessions = 0
  const lane = async (): Promise<void> => {
    while (left > 0 && !(plan.stopsAtFirst === true && report.findings.length > 0)) {
      const kills = Math.min(longestLife, left)
      left -= kills
      using session = new KilledSession({
        script: plan.script,
        step: plan.step ?? null,
        isBig: sessions++ % BIG_EVERY === 1 && plan.isSmall !== true,
        random: seededRandom(random.below(2 ** 31)),
      })
      const killed = await killOften(session, kills, plan, report)
      left += kills - killed
    }
  }
  // Both have ended, whatever comes of either: no process and no folder is left.
  for (const result of await Promise.allSettled(Array.from({ length: LANES }, lane))) if (result.status === 'rejected') throw result.reason
  return report
}

/** Kills the writers of one session until something is found. Resolves with how many were killed and judged. */
async function killOften(session: KilledSession, kills: number, { step, onKill }: CrashPlan, report: CrashReport): Promise<number> {
  let killed = 0
  for (let misses = 0; ;) {
    const isLastLook = killed === kills
    const findings = isLastLook ? await session.look() : await session.kill()
    add(report, findings)
    // The writer that found something went on writing; that is of no interest.
    if (findings.length > 0 || isLastLook) return killed
    if (step !== undefined && !session.wasAtStep) {
      misses += 1
      if (misses > MOST_MISSES) throw new Error(`No writer comes to the step "${step}".`)
      continue
    }
    killed += 1
    report.runs += 1
    if (session.wasInWrite) report.inWrite += 1
    onKill?.(report.runs)
  }
}

function add(report: CrashReport, findings: readonly Finding[]): void {
  if (findings.some(({ kind }) => kind === 'lost')) report.lost += 1
  if (findings.some(({ kind }) => kind === 'torn')) report.torn += 1
  report.findings.push(...findings.map(({ kind, text }) => `${kind}: ${text}`))
}
