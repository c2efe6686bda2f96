import { describe, expect, it } from 'vitest'
import { COMPUTED, findCycle, listSources, readImports } from './source-imports.js'

const PORTS = ['lease/session-lock', 'lease/process-lock', 'repository', 'store']
const LEAVES = ['disconnect/disconnect-cause', 'disconnect/disconnect-cause', 'errors', 'events', 'logger', 'status', 'time']

/** The module, and what works around it. */
const BAILEYS = ['socket/baileys-module', 'socket/workarounds']

/**
 * What each part of `src` may import beside itself. A part is a folder or a file; the longest name that fits a file
 * counts. A part that is not here, or an import that is not, fails: think first, then add it.
 */
const MAY_IMPORT: Record<string, readonly string[]> = {
  // Leaves: anything may import them.
  'errors': [],
  'logger': [],
  'time': [],
  'system': [],
  'options': ['time'],
  'events': ['errors', 'logger'],
  'disconnect/disconnect-cause': [],
  'disconnect/disconnect-cause': ['disconnect/disconnect-cause'],
  'status': ['disconnect/disconnect-cause', 'errors'],

  // Ports, and the lock that is memory only.
  'lease/session-lock': ['errors'],
  'lease/process-lock': ['lease', 'lease/session-lock'],
  'lease': ['errors', 'lease/session-lock', 'system'],
  'store': ['errors', 'lease/session-lock'],
  'repository': ['errors', 'status', 'time'],

  // How an encrypted record is known, also by those who have no keys.
  'encryption/envelope': ['store'],
  'encryption/envelope': ['encryption/envelope', 'errors'],

  // What a session is made of.
  'disconnect': LEAVES,
  'retry': LEAVES,
  'dial': LEAVES,

  // Baileys: its module, and what is wrong with it.
  'socket/baileys-module': [],
  'socket/baileys-module': ['errors', 'socket/baileys-module'],
  'socket/key-use': [],
  'socket/raw-socket': [],
  'socket/workarounds': ['errors', 'logger', 'socket/baileys-module', 'socket/key-use', 'socket/raw-socket', 'time'],

  'auth': [...LEAVES, ...PORTS, ...BAILEYS, 'encryption/envelope'],
  'version': ['options', 'time'],
  'socket': [...LEAVES, ...BAILEYS, 'auth', 'dial', 'socket/key-use', 'socket/raw-socket'],
  'session': [...LEAVES, ...PORTS, 'auth', 'dial', 'disconnect', 'retry', 'socket', ...BAILEYS],
  'restore': [...LEAVES, ...PORTS, 'auth', 'session'],
  'manager': [...LEAVES, ...PORTS, 'auth', 'dial', 'disconnect', 'restore', 'retry', 'session', 'socket', ...BAILEYS, 'options', 'version'],

  // Around any store, and from one to another.
  'sweep': ['errors', 'events', 'lease/session-lock', 'store', 'time'],
  'encryption': ['encryption/envelope', 'errors', 'lease/session-lock', 'store', 'sweep'],
  'copy': ['auth', 'encryption/envelope', 'errors', 'lease/session-lock', 'store', 'sweep'],

  // Implementations of ports, and what tests are made of: they know nothing of a manager or a session.
  'adapters': [...PORTS, 'errors', 'logger', 'lease', 'options', 'status', 'system', 'time'],
  'testing': [...PORTS, 'socket/baileys-module', 'errors', 'logger', 'status', 'time'],

  // The only files that may import adapters.
  'cli': ['adapters', 'auth', ...BAILEYS, 'socket/baileys-module', 'copy', 'encryption', 'encryption/envelope', 'encryption/envelope', 'errors', 'manager', 'repository', 'session', 'status', 'store', 'sweep', 'system', 'testing', 'time'],
  'sqlite': ['adapters'],
  'index': [...LEAVES, ...PORTS, 'adapters', 'auth', 'copy', 'dial', 'disconnect', 'encryption', 'manager', 'restore', 'retry', 'session', 'socket', 'sweep', ...BAILEYS, 'version'],
}

const imports = readImports()

function partOf(file: string): string {
  const parts = Object.keys(MAY_IMPORT).filter(part => file === part || file.startsWith(`${part}/`))
  return parts.sort((a, b) => b.length - a.length)[0] ?? `${file} (in no part)`
}

describe('the source', () => {
  it('has only files that belong to a part', () => {
    expect(listSources().map(partOf).filter(part => part.endsWith('(in no part)'))).toEqual([])
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
    expect(loaded.map(({ from }) => from).filter(from => partOf(from) !== 'testing')).toEqual(['socket/baileys-module'])
  })

  it('names every module it loads', () => {
    expect(imports.filter(({ to }) => to === COMPUTED)).toEqual([])
  })
})
