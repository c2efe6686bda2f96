import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { delayOf } from '../../../src/disconnect/disconnect-decision.js'
import {
  copySessions,
  encrypted,
  encryptRecords,
  FileConnectionRepository,
  FileSystemSessionStore,
  type FileSystemSessionStoreOptions,
  latestWaWebVersion,
  MemorySessionStore,
} from '../../../src/index.js'
import { DEFAULT_SESSION_MANAGER_OPTIONS, resolveSessionManagerOptions, type SessionManagerOptions } from '../../../src/manager/session-manager-options.js'
import { SessionManager } from '../../../src/manager/session-manager.js'
import { SqliteConnectionRepository, SqliteSessionStore } from '../../../src/sqlite.js'

const store = new MemorySessionStore()
const resolve = (options: object): ReturnType<typeof resolveSessionManagerOptions> => resolveSessionManagerOptions({ store, ...options })
const defaults = DEFAULT_SESSION_MANAGER_OPTIONS
const DAY_MS = 86_400_000
/** What a store of somebody else's has beside its lock. */
const methods = { list: store.list, read: store.read, write: store.write, delete: store.delete }

describe('the defaults', () => {
  it('are those of the api', () => {
    expect(defaults).toEqual({
      retry: { maxRetries: 3, initialDelayMs: 1000, factor: 2, maxDelayMs: 30_000, jitter: 'full' },
      reconnect: { maxRetries: Infinity, initialDelayMs: 1000, factor: 2, maxDelayMs: 60_000, jitter: 'full', stableAfterMs: 60_000 },
      restore: { delayMs: 1000, concurrency: 5 },
      dials: { concurrency: 20, perSecond: 10 },
      connectTimeoutMs: 60_000,
      storeTimeoutMs: 15_000,
      standbyPollMs: 5000,
      replacedDelayMs: 5000,
      rateLimitCoolDownMs: 300_000,
      restoreOnStatus: true,
      shareAsyncLocalStorage: true,
    })
  })

  it('cannot be changed by anybody', () => {
    const frozen = [defaults, defaults.retry, defaults.reconnect, defaults.restore, defaults.dials]
    expect(frozen.map(Object.isFrozen)).toEqual(frozen.map(() => true))
  })

  it('are what the documentation of each option says', () => {
    const documented = readDefaultValues()
    expect(documented.size).toBeGreaterThan(10)
    for (const [name, value] of documented) expect(value, name).toEqual(valueOf(name))
    const undocumented = Object.keys(defaults).filter((name) => !documented.has(name))
    expect(undocumented).toEqual([])
  })

  it('hold where an option is given as undefined', () => {
    const nothing = { maxRetries: undefined, initialDelayMs: undefined, factor: undefined, maxDelayMs: undefined, jitter: undefined, stableAfterMs: undefined }
    const given = resolve({
      retry: nothing,
      reconnect: nothing,
      restore: { delayMs: undefined, concurrency: undefined },
      dials: { concurrency: undefined, perSecond: undefined },
      connectTimeoutMs: undefined,
      storeTimeoutMs: undefined,
      standbyPollMs: undefined,
      replacedDelayMs: undefined,
      rateLimitCoolDownMs: undefined,
      restoreOnStatus: undefined,
      shareAsyncLocalStorage: undefined,
      messages: undefined,
      logger: undefined,
      socketConfig: undefined,
      repository: undefined,
      baileys: undefined,
      version: undefined,
    })
    const bare = resolve({})
    expect(withoutFunctions(given)).toEqual(withoutFunctions(bare))
    const asked = [1, 2, 3, 4].map((attempt) => delayOf(given.session.retry, { attempt, failures: attempt, cause: 'unknown', sessionId: 's' }, 0.5) === null)
    expect(asked).toEqual([false, false, false, true])
    expect(bare.session.stableAfterMs).toBe(60_000)
  })
})

describe('options that make no sense', () => {
  it.each<[options: object, error: typeof TypeError | typeof RangeError, message: RegExp]>([
    [{ store: undefined }, TypeError, /"store" must be an object, but is undefined/],
    [{ store: 'redis' }, TypeError, /"store" must be an object, but is "redis"/],
    [{ repository: 5 }, TypeError, /"repository" must be an object, but is 5/],
    [{ store: {} }, TypeError, /"store\.list" must be a function, but is undefined/],
    [{ store: Promise.resolve(store) }, TypeError, /"store" must be an object, but is a promise/],
    [{ store: MemorySessionStore }, TypeError, /"store" must be an object, but is a function\./],
    [{ store: { ...methods, lock: undefined } }, TypeError, /"store\.lock" must be an object, but is undefined/],
    [{ store: { ...methods, lock: { acquire: () => null } } }, TypeError, /"store\.lock\.owner" must be a function/],
    [{ repository: { find: () => null } }, TypeError, /"repository\.findAll" must be a function, but is undefined/],
    [{ repository: Promise.resolve() }, TypeError, /"repository" must be an object, but is a promise/],
    [{ version: [2, 3000, 1] }, TypeError, /"version" must be a function or 'baileys', but is an object/],
    [{ version: 'latest' }, TypeError, /"version" must be a function or 'baileys', but is "latest"/],
    [{ version: null }, TypeError, /"version" must be a function or 'baileys', but is null/],
    [{ socketConfig: 5 }, TypeError, /"socketConfig" must be an object, but is 5/],
    [{ socketConfig: { auth: {} } }, TypeError, /must not contain "auth"/],
    [{ socketConfig: { auth: undefined } }, TypeError, /must not contain "auth"/],
    [{ messages: null }, TypeError, /"messages" must be an object, but is null/],
    [{ messages: 'Hallo' }, TypeError, /"messages" must be an object, but is "Hallo"/],
    [{ messages: { stopped: 5 } }, TypeError, /"messages\.stopped" must be a string, but is 5/],
    [{ messages: { stopped: null } }, TypeError, /"messages\.stopped" must be an object, but is null/],
    [{ messages: { stopped: { atRest: 'x' } } }, TypeError, /"messages\.stopped\.message" must be a string, but is null/],
    [
      { messages: { stopped: { message: 'x', atrest: 'y' } } },
      TypeError,
      /^Option "messages\.stopped\.atrest" is unknown\. Did you mean "messages\.stopped\.atRest"\?$/,
    ],
    [{ messages: { locale: 'not a language' } }, RangeError, /"messages\.locale" must be a language tag such as pt-BR, but is "not a language"/],
    [{ restoreOnStatus: 'false' }, TypeError, /"restoreOnStatus" must be true or false, but is "false"/],
    [{ shareAsyncLocalStorage: 'no' }, TypeError, /"shareAsyncLocalStorage" must be true or false, but is "no"/],
    [{ logger: 'info' }, TypeError, /"logger" must be an object, but is "info"/],
    [{ retry: 3 }, TypeError, /"retry" must be an object, but is 3/],
    [{ reconnect: null }, TypeError, /"reconnect" must be an object, but is null/],
    [{ reconnect: true }, TypeError, /"reconnect" must be an object, but is true/],
    [{ restore: 5 }, TypeError, /"restore" must be an object, but is 5/],
    [{ dials: 5 }, TypeError, /"dials" must be an object, but is 5/],
    [{ retry: { maxRetries: -1 } }, RangeError, /"retry\.maxRetries" must be at least 0, but is -1/],
    [{ retry: { maxRetries: 1.5 } }, RangeError, /"retry\.maxRetries" must be a whole number, but is 1\.5/],
    [{ retry: { maxRetries: '3' } }, TypeError, /"retry\.maxRetries" must be a number, but is "3"/],
    [{ retry: { maxRetries: NaN } }, RangeError, /"retry\.maxRetries" must be at least 0, but is NaN/],
    [{ retry: { initialDelayMs: -1 } }, RangeError, /"retry\.initialDelayMs" must be at least 0 and at most 2147483647, but is -1/],
    [{ retry: { initialDelayMs: Infinity } }, RangeError, /"retry\.initialDelayMs".*but is Infinity/],
    [{ retry: { factor: 0.5 } }, RangeError, /"retry\.factor" must be at least 1, but is 0\.5/],
    [{ retry: { factor: Infinity } }, RangeError, /"retry\.factor".*but is Infinity/],
    [{ retry: { maxDelayMs: 2 ** 31 } }, RangeError, /"retry\.maxDelayMs".*but is 2147483648/],
    [{ retry: { jitter: 'half' } }, RangeError, /"retry\.jitter" must be one of full, none, but is "half"/],
    [{ reconnect: { stableAfterMs: -5 } }, RangeError, /"reconnect\.stableAfterMs".*but is -5/],
    [{ reconnect: { maxDelayMs: -5 } }, RangeError, /"reconnect\.maxDelayMs".*but is -5/],
    [{ restore: { delayMs: 25 * DAY_MS } }, RangeError, /"restore\.delayMs".*but is 2160000000/],
    [{ restore: { concurrency: 0 } }, RangeError, /"restore\.concurrency" must be at least 1, but is 0/],
    [{ restore: { concurrency: Infinity } }, RangeError, /"restore\.concurrency".*but is Infinity/],
    [{ dials: { concurrency: 0 } }, RangeError, /"dials\.concurrency".*but is 0/],
    [{ dials: { perSecond: 0.5 } }, RangeError, /"dials\.perSecond".*but is 0\.5/],
    [{ baileys: 5 }, TypeError, /"baileys" must be an object, but is 5/],
    [{ logger: 'x'.repeat(200) }, TypeError, /but is "x{100}\.\.\."\.$/],
    [{ recconect: {} }, TypeError, /^Option "recconect" is unknown\. Did you mean "reconnect"\?$/],
    [{ ConnectTimeout: 5 }, TypeError, /^Option "ConnectTimeout" is unknown\. Did you mean "connectTimeoutMs"\?$/],
    [{ retry: { retries: 3 } }, TypeError, /^Option "retry\.retries" is unknown\. Did you mean "retry\.maxRetries"\?$/],
    [{ retry: { stableAfterMs: 3 } }, TypeError, /^Option "retry\.stableAfterMs" is unknown/],
    [{ reconnect: { stableAfter: 3 } }, TypeError, /^Option "reconnect\.stableAfter" is unknown\. Did you mean "reconnect\.stableAfterMs"\?$/],
    [{ restore: { delay: 3 } }, TypeError, /^Option "restore\.delay" is unknown\. Did you mean "restore\.delayMs"\?$/],
    [{ dials: { persecond: 3 } }, TypeError, /^Option "dials\.persecond" is unknown\. Did you mean "dials\.perSecond"\?$/],
    [{ messages: { reconecting: 'x' } }, TypeError, /^Option "messages\.reconecting" is unknown\. Did you mean "messages\.reconnecting"\?$/],
    [{ connectTimeoutMs: 0 }, RangeError, /"connectTimeoutMs" must be at least 1.*but is 0/],
    [{ storeTimeoutMs: 0 }, RangeError, /"storeTimeoutMs".*but is 0/],
    [{ storeTimeoutMs: {} }, TypeError, /"storeTimeoutMs" must be a number, but is an object/],
    [{ standbyPollMs: 0 }, RangeError, /"standbyPollMs".*but is 0/],
    [{ replacedDelayMs: -1 }, RangeError, /"replacedDelayMs".*but is -1/],
    [{ rateLimitCoolDownMs: 2 ** 31 }, RangeError, /"rateLimitCoolDownMs".*but is 2147483648/],
  ])('%j', (options, error, message) => {
    expect(() => resolve(options)).toThrow(error)
    expect(() => resolve(options)).toThrow(message)
  })

  it.each([undefined, null, 5])('no options at all: %s', (options) => {
    expect(() => new SessionManager(options as unknown as SessionManagerOptions)).toThrow(/"options" must be an object/)
  })

  it('an unknown option of a store, of a repository and of the look-up is refused, too', () => {
    const made: [make: () => unknown, message: RegExp][] = [
      [
        () => new FileSystemSessionStore({ directory: 'sessions', durabilty: 'power' } as FileSystemSessionStoreOptions),
        /"durabilty" is unknown\. Did you mean "durability"\?/,
      ],
      [() => new FileSystemSessionStore(undefined as never), /"options" must be an object, but is undefined/],
      [() => new FileSystemSessionStore('sessions' as never), /"options" must be an object, but is "sessions"/],
      [() => new FileConnectionRepository({ path: 'rows.json' } as never), /"path" is unknown\. Did you mean "file"\?/],
      [() => new SqliteSessionStore({ databse: {} } as never), /"databse" is unknown\. Did you mean "database"\?/],
      [() => new SqliteConnectionRepository(undefined as never), /"options" must be an object, but is undefined/],
      [() => encrypted(store, { key: {} } as never), /"key" is unknown\. Did you mean "keys"\?/],
      [() => latestWaWebVersion({ timeout: 5 } as never), /"timeout" is unknown\. Did you mean "timeoutMs"\?/],
    ]
    for (const [make, message] of made) {
      expect(make).toThrow(TypeError)
      expect(make).toThrow(message)
    }
  })

  it('an unknown option of a walk through a store is refused, too', async () => {
    await expect(copySessions(store, new MemorySessionStore(), { overwite: true } as never)).rejects.toThrow(
      /"overwite" is unknown\. Did you mean "overwrite"\?/,
    )
    const keys = { keys: { main: new Uint8Array(32) }, currentKeyId: 'main' }
    await expect(encryptRecords(store, keys, { session: ['s'] } as never)).rejects.toThrow(/"session" is unknown\. Did you mean "sessions"\?/)
  })

  it('are refused by the manager itself', () => {
    expect(() => new SessionManager({ store, connectTimeoutMs: -1 })).toThrow(RangeError)
  })
})

describe('options that make sense', () => {
  it('go through as they are', () => {
    const resolved = resolve({
      restore: { delayMs: 0, concurrency: 1 },
      dials: { concurrency: 1, perSecond: 1 },
      connectTimeoutMs: 1,
      storeTimeoutMs: 1,
      standbyPollMs: 1,
      replacedDelayMs: 0,
      rateLimitCoolDownMs: 0,
      restoreOnStatus: false,
      messages: { connected: 'x' },
      reconnect: { stableAfterMs: 0, maxRetries: Infinity },
    })
    expect(resolved).toMatchObject({
      restore: { delayMs: 0, concurrency: 1 },
      dials: { concurrency: 1, perSecond: 1 },
      restoreOnStatus: false,
      session: {
        connectTimeoutMs: 1,
        storeTimeoutMs: 1,
        standbyPollMs: 1,
        replacedDelayMs: 0,
        rateLimitCoolDownMs: 0,
        stableAfterMs: 0,
        messages: { connected: 'x' },
      },
    })
  })

  it('policies may be functions, and are kept within what a timer can do', () => {
    const { session } = resolve({ retry: () => 1e12, reconnect: () => null })
    const context = { attempt: 1, failures: 1, cause: 'unknown', sessionId: 's' } as const
    expect([delayOf(session.retry, context, 0), delayOf(session.reconnect, context, 0), session.stableAfterMs]).toEqual([2 ** 31 - 1, null, 60_000])
  })

  it('a socketConfig function is looked at when it has answered, and not before', () => {
    expect(() => resolve({ socketConfig: () => ({ auth: {} }) })).not.toThrow()
  })
})

/** The value of each option, as its documentation says. */
function readDefaultValues(): Map<string, unknown> {
  const source = readFileSync(new URL('../../../src/manager/session-manager-options.ts', import.meta.url), 'utf8')
  const documented = new Map<string, unknown>()
  for (const [, section = '', body = ''] of source.matchAll(/^export interface (\w+)[^{]*\{\n(.*?)^\}/gms)) {
    for (const [, value = '', name = ''] of body.matchAll(/@defaultValue `(.+)`\n\s+\*\/\n\s+(?:readonly )?(\w+)/g))
      documented.set(pathOf(section, name), parse(value))
  }
  return documented
}

const SECTIONS: Record<string, string> = { ReconnectOptions: 'reconnect.', RestorePace: 'restore.', SessionManagerOptions: '' }

function pathOf(section: string, name: string): string {
  const prefix = SECTIONS[section]
  if (prefix === undefined) throw new Error(`Which option is ${section}.${name} part of?`)
  return `${prefix}${name}`
}

/** Reads an object literal of plain values, such as `{ maxRetries: Infinity, jitter: 'full' }`. */
function parse(literal: string): unknown {
  const json = literal
    .replace(/(\w+):/g, '"$1":')
    .replaceAll("'", '"')
    .replaceAll('Infinity', '"Infinity"')
    .replaceAll('_', '')
  return JSON.parse(json, (_name, value: unknown) => (value === 'Infinity' ? Infinity : value))
}

function valueOf(path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => Reflect.get(Object(value), name), defaults)
}

function withoutFunctions(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown
}
