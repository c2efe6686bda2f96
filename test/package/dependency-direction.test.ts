import { describe, expect, it } from 'vitest'
import { COMPUTED, findCycle, listSources, readImports } from './source-imports.js'

/** What may be imported from anywhere: errors, the logger, checks of options, small parts for work that waits. */
const LEAVES = ['async', 'errors', 'logger', 'option-checks']

/** The ports, and the lock that is memory only. */
const PORTS = ['lease/lock-cluster', 'lease/session-lock', 'lease/process-lock', 'repository', 'store']

/** The module of Baileys, and what works around it. */
const BAILEYS = ['socket/baileys-module', 'socket/workarounds']

/**
 * What each part of `src` may import beside itself. A part is a folder or a file; the longest name that fits a file
 * counts. A part that is not here, or an import that is not, fails: think first, then add it.
 */
const MAY_IMPORT: Record<string, readonly string[]> = {
  errors: [],
  logger: [],
  async: ['errors', 'logger'],
  'option-checks': ['async'],
  'regular-file': [],

  // What people are told, and what follows a loss.
  status: ['disconnect/disconnect-cause', 'errors'],
  'disconnect/disconnect-cause': [],
  disconnect: ['async', 'disconnect/disconnect-cause', 'status'],

  // Ports, and the one lock that runs on any table.
  'lease/lock-cluster': [],
  'lease/session-lock': ['errors', 'lease/lock-cluster'],
  'lease/process-lock': ['lease', 'lease/lock-cluster', 'lease/session-lock'],
  lease: ['errors', 'lease/lock-cluster', 'lease/session-lock'],
  store: ['async', 'errors', 'lease/session-lock'],
  repository: ['async', 'errors', 'status'],

  // How an encrypted record is known, also by those who have no keys.
  'encryption/envelope': ['errors', 'store'],
  encryption: ['encryption/envelope', 'errors', 'lease/lock-cluster', 'lease/session-lock', 'option-checks', 'regular-file', 'store'],

  // What the processes that share a store tell each other, and what follows from it.
  cluster: [...LEAVES, ...PORTS, 'disconnect', 'disconnect/disconnect-cause', 'status'],

  // What a session is made of, from the socket upwards.
  'socket/baileys-module': ['errors'],
  'socket/key-use': [],
  'socket/raw-socket': [],
  'socket/workarounds': ['async', 'errors', 'logger', 'socket/baileys-module', 'socket/key-use', 'socket/raw-socket'],
  auth: [...LEAVES, ...PORTS, 'encryption/envelope', 'socket/workarounds'],
  version: ['async', 'option-checks'],
  socket: [...LEAVES, ...BAILEYS, 'auth', 'disconnect', 'disconnect/disconnect-cause', 'socket/key-use', 'socket/raw-socket'],
  session: [...LEAVES, ...PORTS, ...BAILEYS, 'auth', 'disconnect', 'disconnect/disconnect-cause', 'socket', 'status'],
  manager: [...LEAVES, ...PORTS, ...BAILEYS, 'auth', 'cluster', 'disconnect', 'disconnect/disconnect-cause', 'session', 'socket', 'status', 'version'],

  // From one store to another.
  copy: [...LEAVES, 'auth', 'encryption/envelope', 'lease/session-lock', 'store'],

  // Implementations of ports, and what tests are made of: they know nothing of a manager or a session.
  adapters: [...LEAVES, ...PORTS, 'lease', 'regular-file'],
  testing: [...LEAVES, ...PORTS, 'testing/whatsapp-server'],
  // A room of its own: it would work as a package by itself.
  'testing/whatsapp-server': [],

  // The only files that may import adapters.
  cli: [
    ...LEAVES,
    ...PORTS,
    ...BAILEYS,
    'adapters',
    'auth',
    'cluster',
    'copy',
    'encryption',
    'encryption/envelope',
    'manager',
    'messages',
    'regular-file',
    'session',
    'status',
    'testing',
    'testing/whatsapp-server',
  ],
  redis: ['adapters'],
  sqlite: ['adapters'],
  postgres: ['adapters'],
  supabase: ['adapters'],
  messages: ['status'],
  index: [
    ...LEAVES,
    ...PORTS,
    ...BAILEYS,
    'adapters',
    'auth',
    'copy',
    'disconnect',
    'disconnect/disconnect-cause',
    'encryption',
    'manager',
    'session',
    'socket',
    'status',
    'version',
  ],
}

const imports = readImports()

function partOf(file: string): string {
  const parts = Object.keys(MAY_IMPORT).filter((part) => file === part || file.startsWith(`${part}/`))
  return parts.sort((a, b) => b.length - a.length)[0] ?? `${file} (in no part)`
}

describe('the source', () => {
  it('has only files that belong to a part', () => {
    expect(
      listSources()
        .map(partOf)
        .filter((part) => part.endsWith('(in no part)')),
    ).toEqual([])
  })

  it.each(Object.entries(MAY_IMPORT))('%s imports only itself and its table row', (part, allowed) => {
    const refused = imports
      .filter(({ from, to, isLocal }) => isLocal && partOf(from) === part && partOf(to) !== part && !allowed.includes(partOf(to)))
      .map(({ from, to }) => `${from} -> ${to}`)
    expect(refused).toEqual([])
  })

  it('has no circle of imports, not even of types', () => {
    expect(findCycle(imports)?.join(' -> ')).toBeUndefined()
  })

  it('loads Baileys only with import(), and only where that is said', () => {
    const loaded = imports.filter(({ to, kind }) => to.startsWith('@whiskeysockets/baileys') && kind !== 'type')
    expect(loaded.filter(({ kind }) => kind === 'static')).toEqual([])
    expect(loaded.map(({ from }) => from)).toEqual(['socket/baileys-module', 'testing/whatsapp-server/baileys-parts'])
  })

  it('reaches the loopback WhatsApp server by its one entry', () => {
    const entered = imports.filter(({ from, to }) => partOf(to) === 'testing/whatsapp-server' && partOf(from) !== 'testing/whatsapp-server')
    expect(new Set(entered.map(({ to }) => to))).toEqual(new Set(['testing/whatsapp-server/index']))
  })

  it('names every module it loads', () => {
    expect(imports.filter(({ to }) => to === COMPUTED)).toEqual([])
  })
})
