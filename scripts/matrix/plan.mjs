import { INSTALLED_BAILEYS, VERSIONS } from './versions.mjs'

/** What is run under which name: filters of vitest, an empty list for everything. */
export const SUITES = {
  'all': [],
  'e2e': ['test/e2e/', 'test/whatsapp-server/'],
  // What CI has time for.
  'e2e core': ['restart', 'pairing', 'logout', 'messages', 'interop', 'processes-exit', 'decisions-special'].map(name => `test/e2e/${name}.test.ts`),
  'unit, scenario, contract': ['test/unit/', 'test/scenario/', 'test/contract/'],
}

const NODES = Object.keys(VERSIONS.node)
const OTHER_BAILEYS = VERSIONS.baileys.filter(version => version !== INSTALLED_BAILEYS)

/** The combinations to run, in order: `{ node, baileys, suite }`. */
export function planRuns({ baileys, node, only, ci, vitest = [] }) {
  const files = vitest.filter(argument => !argument.startsWith('-')).join(' ')
  if (ci) {
    return [
      ...OTHER_BAILEYS.map(version => ({ node: NODES[0], baileys: version, suite: 'e2e core' })),
      ...['22', '24'].map(major => ({ node: major, baileys: INSTALLED_BAILEYS, suite: 'unit, scenario, contract' })),
    ]
  }
  const suiteOf = version => files !== '' ? files : only ?? (version === INSTALLED_BAILEYS ? 'all' : 'e2e')
  if (baileys === null && node === null) {
    return [
      ...NODES.map(major => ({ node: major, baileys: INSTALLED_BAILEYS, suite: suiteOf(INSTALLED_BAILEYS) })),
      ...OTHER_BAILEYS.map(version => ({ node: NODES[0], baileys: version, suite: suiteOf(version) })),
    ]
  }
  return (node ?? NODES.slice(0, 1)).flatMap(major => (baileys ?? [INSTALLED_BAILEYS]).map(version => ({ node: major, baileys: version, suite: suiteOf(version) })))
}
