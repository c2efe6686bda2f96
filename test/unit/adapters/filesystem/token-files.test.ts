import { linkSync, readdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type * as disk from '../../../../src/adapters/filesystem/disk.js'
import { FileSystemSessionStore } from '../../../../src/adapters/filesystem/filesystem-session-store.js'
import { TokenFiles } from '../../../../src/adapters/filesystem/token-files.js'
import { deferred } from '../../../support/deferred.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

const listed = vi.hoisted((): string[] => [])
/** What every removal of a file waits for. */
const removal = vi.hoisted(() => ({ mayGoOn: Promise.resolve() }))
vi.mock('../../../../src/adapters/filesystem/disk.js', async (importActual) => {
  const actual = await importActual<typeof disk>()
  return {
    ...actual,
    namesIn: (folder: string) => {
      listed.push(folder)
      return actual.namesIn(folder)
    },
    unlinkFile: async (path: string) => {
      await removal.mayGoOn
      await actual.unlinkFile(path)
    },
  }
})
beforeEach(() => {
  listed.length = 0
  removal.mayGoOn = Promise.resolve()
})

/** A token that is held, in a folder that it shares with others. */
async function heldToken(): Promise<{ folder: string; tokens: TokenFiles; at: (name: string) => string }> {
  const folder = temporaryFolder()
  const tokens = new TokenFiles(folder, 'a.')
  for (const name of ['b.7', 'c.1.released', 'a.6']) writeFileSync(join(folder, name), '')
  expect(await tokens.claim(7, () => Promise.resolve('mine'))).toBe(true)
  expect(readdirSync(folder).sort()).toEqual(['a.7', 'b.7', 'c.1.released'])
  listed.length = 0
  return { folder, tokens, at: (name) => join(folder, name) }
}

describe('the newest token', () => {
  it('is known to its holder without a look at the files of others', async () => {
    const { tokens } = await heldToken()
    expect(await tokens.newest()).toEqual({ token: 7, isHeld: true })
    expect(listed).toEqual([])
  })

  it.each<[string, (at: (name: string) => string) => void, { token: number; isHeld: boolean }]>([
    [
      'that was given back',
      (at) => {
        renameSync(at('a.7'), at('a.7.released'))
      },
      { token: 7, isHeld: false },
    ],
    [
      'of somebody who took it over',
      (at) => {
        linkSync(at('b.7'), at('a.8'))
        unlinkSync(at('a.7'))
      },
      { token: 8, isHeld: true },
    ],
    [
      'of somebody who took it over and gave it back',
      (at) => {
        linkSync(at('b.7'), at('a.8.released'))
        unlinkSync(at('a.7'))
      },
      { token: 8, isHeld: false },
    ],
    [
      'of somebody who died while taking it over',
      (at) => {
        linkSync(at('b.7'), at('a.8'))
      },
      { token: 8, isHeld: true },
    ],
    [
      'of somebody who went beyond the next one',
      (at) => {
        linkSync(at('b.7'), at('a.12'))
        unlinkSync(at('a.7'))
      },
      { token: 12, isHeld: true },
    ],
    [
      'of nobody, when all files are gone',
      (at) => {
        unlinkSync(at('a.7'))
      },
      { token: 0, isHeld: false },
    ],
  ])('is seen by a holder who has lost it: one %s', async (_what, change, newest) => {
    const { tokens, at } = await heldToken()
    change(at)
    expect(await tokens.newest()).toEqual(newest)
  })
})

it('what was given back before is removed behind the back of a claim, and gone when its own token is given back', async () => {
  const folder = temporaryFolder()
  const tokens = new TokenFiles(folder, 'a.')
  writeFileSync(join(folder, 'a.1.released'), '')
  const goOn = deferred()
  removal.mayGoOn = goOn.promise
  expect(await tokens.claim(2, () => Promise.resolve('mine'))).toBe(true)
  let isGivenBack = false
  const release = tokens.release(2).then(() => {
    isGivenBack = true
  })
  await vi.waitFor(() => {
    expect(readdirSync(folder).sort()).toEqual(['a.1.released', 'a.2.released'])
  })
  // Whatever the release has found by now has reached it.
  await readdir(folder)
  expect(isGivenBack).toBe(false)
  goOn.resolve()
  await release
  expect(readdirSync(folder)).toEqual(['a.2.released'])
})

it('a write under a lease lists no files of tokens, however many ids there are or were', async () => {
  const directory = temporaryFolder()
  const store = new FileSystemSessionStore({ directory })
  onTestFinished(() => store.close())
  const lease = await store.lock.acquire('shop')
  const fencingToken = lease?.fencingToken ?? 0
  listed.length = 0
  for (let id = 0; id < 3; id++) await store.write('shop', [{ type: 'session', id: String(id), value: '1' }], { fencingToken })
  expect(listed.filter((folder) => folder.includes('locks'))).toEqual([])
})
