import type { Phase } from '../../src/session/session-state.js'
import type { SessionStatus } from '../../src/status/status-reasons.js'
import type { Exploration } from './explore-machine.js'

/** What a session does in each phase, in the order of its life. */
const PHASES: Readonly<Record<Phase, string>> = {
  idle: 'nothing: never started, or at its end',
  standby: 'another process runs it; looks now and then whether that one is gone',
  loading: 'takes the lease, reads what is stored, and judges it',
  dialing: 'waits for its turn, then opens a socket',
  pairing: 'waits for the phone',
  settling: 'is open, and waits until the credentials are stored',
  connected: 'is open, and the credentials are stored',
  waiting: 'waits for the next attempt',
}
const STATUSES: readonly SessionStatus[] = ['disconnected', 'connecting', 'pairing', 'connected', 'reconnecting', 'logged_out', 'failed']

/** The ways from phase to phase, one line for each pair, with the events that lead there. */
export function drawStateDiagram({ edges }: Exploration): string {
  const phases = Object.keys(PHASES)
  const lines = phases.flatMap((from) =>
    phases.flatMap((to) => {
      const events = edges
        .filter((edge) => edge.from === from && edge.to === to)
        .map(({ event }) => event)
        .sort()
      return events.length === 0 ? [] : [`  ${from} --> ${to} : ${events.join(', ')}`]
    }),
  )
  return ['stateDiagram-v2', '  [*] --> idle', ...lines].join('\n')
}

/** A table of the phases, with the statuses that each shows. */
export function listPhases({ standings }: Exploration): string {
  const rows = Object.entries(PHASES).map(([phase, does]) => {
    const shown = STATUSES.filter((status) => standings.some((standing) => standing.phase === phase && standing.status === status))
    return `| \`${phase}\` | ${does} | ${shown.map((status) => `\`${status}\``).join(', ')} |`
  })
  return ['| phase | what it does | status |', '|---|---|---|', ...rows].join('\n')
}
