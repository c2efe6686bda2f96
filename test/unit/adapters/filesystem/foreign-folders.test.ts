import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FileConnectionRepository } from '../../../../src/adapters/filesystem/file-connection-repository.js'
import { FileSystemSessionStore } from '../../../../src/adapters/filesystem/filesystem-session-store.js'
import { SessionFolders } from '../../../../src/adapters/filesystem/session-folders.js'
import { SessionManager } from '../../../../src/manager/session-manager.js'
import { CREDS_KEY, LIFECYCLE_KEY } from '../../../../src/store/session-store.js'
import { FakeBaileys } from '../../../../src/testing/index.js'
import { collect } from '../../../support/collect.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

/** A store without a prefix in a folder that holds these files. A path that ends with a slash is a folder. */
function storeAmong(paths: readonly string[]): { store: FileSystemSessionStore; directory: string } {
  const directory = temporaryFolder()
  for (const path of paths) {
    mkdirSync(join(directory, path.endsWith('/') ? path : dirname(path)), { recursive: true })
    if (!path.endsWith('/')) writeFileSync(join(directory, path), `of ${path}`)
  }
  const store = new FileSystemSessionStore({ directory, prefix: '' })
  onTestFinished(() => store.close())
  return { store, directory }
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('.baileys-sessions'))
    .sort()

const PROJECT = ['src/index.ts', 'src/package-lock.json', '.git/HEAD', '.git/objects/', 'docs/read-me.json', 'docs/images/one.png'] as const

describe('invariant 2: a folder of something else', () => {
  it('is not deleted, and nothing in it is touched', async () => {
    const { store, directory } = storeAmong(PROJECT)
    const before = filesBelow(directory)
    for (const id of ['src', '.git', 'docs']) {
      await expect(store.delete(id)).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        sessionId: id,
        message: expect.stringContaining(`${join(directory, id)} contains other files, but no session`),
      })
    }
    expect(filesBelow(directory)).toEqual(before)
  })

  it('is not deleted by delete and logout of a manager', async () => {
    const { store, directory } = storeAmong(PROJECT)
    const before = filesBelow(directory)
    const manager = new SessionManager({ store, baileys: new FakeBaileys() })
    onTestFinished(async () => {
      await manager.close()
    })
    await expect(manager.delete('src')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await expect(manager.logout('docs')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(filesBelow(directory)).toEqual(before)
  })

  it('is not listed, and a browser profile of whatsapp-web.js is, but not deleted', async () => {
    const { store, directory } = storeAmong([...PROJECT, 'web/Default/', 'web/First Run', 'kept/creds.json', 'empty/'])
    expect((await collect(store.list())).sort()).toEqual(['empty', 'kept', 'web'])
    await expect(store.read('web', [CREDS_KEY])).rejects.toMatchObject({ code: 'LEGACY_SESSION' })
    await expect(store.delete('web')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('whatsapp-web.js') })
    expect(filesBelow(join(directory, 'web'))).toEqual(['Default', 'First Run'])
  })

  it('is not listed when it is the lock of a repository, at whatever moment, and is not deleted', async () => {
    const { store, directory } = storeAmong(['acme/creds.json', 'other.lock/', 'more.lock/.0123456789abcdef01.tmp', 'mine.lock/creds.json'])
    await new FileConnectionRepository({ file: join(directory, 'connections.json') }).save('acme', { status: 'connected' })
    expect((await collect(store.list())).sort()).toEqual(['acme', 'mine.lock'])
    await expect(store.delete('connections.json.lock')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect((await new SessionFolders(directory, '').listNamed()).sort()).toEqual(['acme', 'mine.lock'])
  })

  it('keeps its files when a session begins in it, and when that is deleted', async () => {
    const { store, directory } = storeAmong(PROJECT)
    for (const id of ['src', 'docs']) {
      await store.write(
        id,
        [
          { ...CREDS_KEY, value: 'c' },
          { type: 'new-type', id: 'a:b', value: 'k' },
        ],
        { replaceAll: true },
      )
      await store.write(
        id,
        [
          { ...CREDS_KEY, value: 'd' },
          { type: 'new-type', id: 'c', value: 'k' },
        ],
        { replaceAll: true },
      )
    }
    expect((await collect(store.list())).sort()).toEqual(['docs', 'src'])
    for (const id of ['src', 'docs']) await store.delete(id)
    expect(filesBelow(directory)).toEqual(filesBelow(storeAmong(PROJECT).directory))
    expect(readFileSync(join(directory, 'src/package-lock.json'), 'utf8')).toBe('of src/package-lock.json')
  })
})

describe('the folder of a session', () => {
  it.each([
    ['credentials that cannot be read', ['a/creds.json/']],
    ['a lifecycle record alone', ['a/lifecycle.json']],
    ['a copy of the credentials alone', ['a/.creds.backup.json']],
    ['a table of names that is damaged', ['a/.names.json', `a/~${'0'.repeat(40)}.json`]],
    ['a batch that is damaged, and what it left', ['a/.batch.json', `a/.${'0'.repeat(18)}.tmp`]],
    ['keys alone, also of types that nobody knows', ['a/pre-key-1.json', 'a/new-type-1.json']],
  ])('is known by %s, and goes', async (_, paths) => {
    const { store, directory } = storeAmong(paths)
    expect(await collect(store.list())).toEqual(['a'])
    await store.delete('a')
    expect(existsSync(join(directory, 'a'))).toBe(false)
  })

  it('stays with what else was put into it, and is no session any more', async () => {
    const { store, directory } = storeAmong(['a/notes.txt', 'a/media/photo.jpg'])
    await store.write('a', [
      { ...CREDS_KEY, value: 'c' },
      { ...LIFECYCLE_KEY, value: 'l' },
      { type: 'new-type', id: 'a:b', value: 'k' },
      { type: 'session', id: 'x'.repeat(300), value: 'k' },
    ])
    await store.delete('a')
    expect(filesBelow(join(directory, 'a'))).toEqual(['media', 'media/photo.jpg', 'notes.txt'])
    expect(await collect(store.list())).toEqual([])
    // It can be one again.
    await store.write('a', [{ ...CREDS_KEY, value: 'new' }])
    expect(await collect(store.records('a'))).toEqual([CREDS_KEY])
  })
})
