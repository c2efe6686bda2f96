import { INSTALLED_BAILEYS, VERSIONS } from './versions.mjs'

/** What runs under which name: arguments of vitest, or an empty list for everything. */
export const SUITES = {
  all: [],
  e2e: ['test/e2e/', 'test/whatsapp-server/', 'test/cli/link.test.ts'],
  // What CI has time for.
  'e2e core': [...filesOf('restart', 'pairing', 'linking', 'logout', 'messages', 'interop', 'processes-exit', 'decisions-special'), 'test/cli/link.test.ts'],
  'e2e linking': filesOf('restart', 'pairing', 'linking'),
  // As `npm test` runs them.
  'unit, scenario, contract': ['test/unit/', 'test/scenario/', 'test/contract/', '--tags-filter=!full'],
}

/** The oldest version differs from the next mainly in how it links. */
const ciSuiteOf = (version) => (version === VERSIONS.baileys[0] ? 'e2e linking' : 'e2e core')

const NODES = Object.keys(VERSIONS.node)
const OTHER_BAILEYS = VERSIONS.baileys.filter((version) => version !== INSTALLED_BAILEYS)

/** The combinations to run, in order: `{ node, baileys, suite }`. */
export function planRuns({ baileys, node, only, ci, runtimes, vitest = [] }) {
  if (runtimes) return []
  const files = vitest.filter((argument) => !argument.startsWith('-')).join(' ')
  if (ci) {
    return [
      ...OTHER_BAILEYS.map((version) => ({ node: NODES[0], baileys: version, suite: ciSuiteOf(version) })),
      ...['22', '24'].map((major) => ({ node: major, baileys: INSTALLED_BAILEYS, suite: 'unit, scenario, contract' })),
    ]
  }
  const suiteOf = (version) => (files !== '' ? files : (only ?? (version === INSTALLED_BAILEYS ? 'all' : 'e2e')))
  if (baileys === null && node === null) {
    return [
      ...NODES.map((major) => ({ node: major, baileys: INSTALLED_BAILEYS, suite: suiteOf(INSTALLED_BAILEYS) })),
      ...OTHER_BAILEYS.map((version) => ({ node: NODES[0], baileys: version, suite: suiteOf(version) })),
    ]
  }
  return (node ?? NODES.slice(0, 1)).flatMap((major) =>
    (baileys ?? [INSTALLED_BAILEYS]).map((version) => ({ node: major, baileys: version, suite: suiteOf(version) })),
  )
}

/** The runtimes beside Node: with the whole matrix, or alone. */
export function planRuntimes({ baileys, node, only, ci, runtimes, vitest = [] }) {
  const isWhole = baileys === null && node === null && only === null && !ci && vitest.length === 0
  return runtimes || isWhole ? Object.keys(VERSIONS.runtimes) : []
}

function filesOf(...names) {
  return names.map((name) => `test/e2e/${name}.test.ts`)
}
