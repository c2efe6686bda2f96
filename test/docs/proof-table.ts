import { type Engine, ENGINES, PROOFS } from '../cluster/proofs.js'

const NAMES: Readonly<Record<Engine, string>> = { files: 'files', sqlite: 'SQLite', redis: 'Redis', postgres: 'PostgreSQL', pgbouncer: 'PgBouncer' }

/** The table of what a cluster promises, and on which engines a test with real processes shows it. */
export function listProofs(): string {
  const head = `| promise | ${ENGINES.map((engine) => NAMES[engine]).join(' | ')} | elsewhere |`
  const rule = `|---|${ENGINES.map(() => '---|').join('')}---|`
  const rows = Object.values(PROOFS).map(({ promise, shownOn, whyNotAll = '' }) => {
    const shown = ENGINES.map((engine) => (shownOn.includes(engine) ? 'yes' : ''))
    return `| ${promise} | ${shown.join(' | ')} | ${whyNotAll} |`
  })
  return `\n${[head, rule, ...rows].join('\n')}\n`
}
