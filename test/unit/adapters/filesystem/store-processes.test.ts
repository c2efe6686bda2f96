// @module-tag full
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FileSystemSessionStore } from '../../../../src/adapters/filesystem/filesystem-session-store.js'
import { CREDS_KEY } from '../../../../src/store/session-store.js'
import { ScriptProcess, type ScriptOptions } from '../../../support/script-process.js'
import { seededRandom } from '../../../support/seeded-random.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

/** A user without rights, on most systems "nobody". */
const NOBODY = 65_534
const isRoot = process.geteuid?.() === 0

const run = (task: string, directory: string, options: ScriptOptions = {}): Promise<unknown> =>
  new ScriptProcess('./store-child.ts', import.meta.url, [task, directory], options).next()

/** A store's directory with the creds of session `a`. */
function directoryWithCreds(): { directory: string; folder: string; creds: string } {
  const directory = join(temporaryFolder(), 'sessions')
  const folder = join(directory, 'session-a')
  const creds = join(folder, 'creds.json')
  mkdirSync(folder, { recursive: true })
  writeFileSync(creds, 'old')
  chmodSync(dirname(directory), 0o755)
  return { directory, folder, creds }
}

// Only root can become somebody else, and root itself is refused nothing.
describe.runIf(isRoot)('for a user without rights', () => {
  it('a directory that may only be read is readable, and nothing in it is changed', async () => {
    const { directory, folder, creds } = directoryWithCreds()
    const refused = (place: string): unknown =>
      expect.stringMatching(new RegExp(`^STORE_UNAVAILABLE: .*${place} has mode 0755 and belongs to uid 0; this process runs as uid ${NOBODY}`))
    expect(await run('verbs', directory, { uid: NOBODY })).toEqual({
      read: 'done',
      list: 'done',
      records: 'done',
      acquire: refused(folder),
      write: refused(folder),
      delete: refused(folder),
      other: refused(directory),
      acquireOther: refused(directory),
    })
    expect(readFileSync(creds, 'utf8')).toBe('old')
    expect(readdirSync(directory)).toEqual(['session-a'])
    expect(readdirSync(folder)).toEqual(['creds.json'])
  })

  it('creds that may not be read are not missing, and not changed (invariant 3)', async () => {
    const { directory, folder, creds } = directoryWithCreds()
    for (const path of [directory, folder]) chmodSync(path, 0o777)
    chmodSync(creds, 0o600)
    expect(await run('verbs', directory, { uid: NOBODY })).toMatchObject({
      read: expect.stringMatching(/^STORE_UNAVAILABLE: Could not read .*creds\.json: EACCES.*has mode 0600/),
      list: 'done',
      records: 'done',
    })
  })

  it('a session whose folder is closed is listed, and does not trouble the others', async () => {
    const { directory, folder, creds } = directoryWithCreds()
    chownSync(directory, NOBODY, NOBODY)
    chmodSync(folder, 0o700)
    const closed = expect.stringMatching(new RegExp(`^STORE_UNAVAILABLE: .*${folder} has mode 0700 and belongs to uid 0`))
    expect(await run('verbs', directory, { uid: NOBODY })).toEqual({
      read: closed,
      list: 'done',
      records: closed,
      acquire: closed,
      write: closed,
      delete: closed,
      other: 'done',
      acquireOther: 'done',
    })
    expect(readFileSync(creds, 'utf8')).toBe('old')
    expect(statSync(folder).mode & 0o777).toBe(0o700)
  })

  it('a directory that cannot be made says so', async () => {
    const folder = temporaryFolder()
    chmodSync(folder, 0o755)
    expect(await run('verbs', join(folder, 'sessions', 'here'), { uid: NOBODY })).toMatchObject({
      read: 'done',
      list: 'done',
      acquire: expect.stringMatching(new RegExp(`^STORE_UNAVAILABLE: .*${folder} has mode 0755`)),
      write: expect.stringMatching(/^STORE_UNAVAILABLE: .*EACCES/),
      delete: 'done',
    })
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('a directory that no user can write', () => {
  it.runIf(process.platform === 'linux')('is refused before anything else', async () => {
    const store = new FileSystemSessionStore({ directory: '/proc/sys/sessions' })
    await expect(store.lock.acquire('a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('/proc/sys') })
    await expect(store.write('a', [{ ...CREDS_KEY, value: 'c' }])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(await store.read('a', [CREDS_KEY])).toEqual([])
    await store.close()
  })
})

describe('with few descriptors', () => {
  it.skipIf(process.platform === 'win32')('(256) five sessions of 812 keys, all at once, lose none', async () => {
    expect(await run('many', temporaryFolder(), { openFiles: 256 })).toEqual(Array.from({ length: 5 }, () => 'done, 812 read'))
  })
})

describe('with a mask that hides nothing', () => {
  it.skipIf(process.platform === 'win32')('everything is for this user alone all the same', async () => {
    const modes = await run('modes', join(temporaryFolder(), 'sessions'))
    expect(modes).toEqual(
      expect.arrayContaining([
        '. 700',
        '.baileys-sessions 700',
        'session-a 700',
        'session-a/creds.json 600',
        'session-a/.creds.backup.json 600',
        'session-a/.names.json 600',
        '.baileys-sessions/format 600',
        'session-other/.lease-1 700',
        'session-other/.lease-1/journal 600',
      ]),
    )
    expect((modes as string[]).filter((line) => !/ (?:600|700)$/u.test(line))).toEqual([])
  })
})

describe('invariants 5, 6: creds, killed while they are saved', () => {
  it('are always a whole value, and at least the last one that was acknowledged', { tags: 'full' }, async () => {
    const random = seededRandom()
    // Four at a time: most of it is waiting for processes to start.
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        const directory = temporaryFolder()
        for (let round = 0; round < 5; round++) {
          const child = new ScriptProcess('./store-child.ts', import.meta.url, ['save', directory])
          let acknowledged = await child.next()
          const rounds = random.below(20)
          while (typeof acknowledged === 'number' && acknowledged < rounds) acknowledged = await child.next()
          await new Promise((resolve) => setTimeout(resolve, random.below(8)))
          await child.kill('SIGKILL')
          const store = new FileSystemSessionStore({ directory })
          const [creds] = await store.read('a', [CREDS_KEY])
          const value: unknown = JSON.parse(creds?.value ?? '')
          const about = `seed ${random.seed}, round ${round}`
          expect(value, about).toEqual({ round: expect.any(Number), text: expect.stringMatching(/^(.)\1{39999}$/) })
          expect((value as { round: number }).round, about).toBeGreaterThanOrEqual(Number(acknowledged))
          await store.close()
        }
      }),
    )
  })
})
