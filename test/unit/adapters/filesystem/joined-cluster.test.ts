import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { FileSystemSessionStore } from '../../../../src/adapters/filesystem/filesystem-session-store.js'
import type { LockCluster } from '../../../../src/lease/lock-cluster.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

function open(root: string): { store: FileSystemSessionStore; cluster: LockCluster } {
  const store = new FileSystemSessionStore({ directory: join(root, 'sessions'), folders: { main: join(root, 'auth'), shop: join(root, 'shop') } })
  onTestFinished(() => store.close().catch(() => undefined))
  if (store.lock.cluster === undefined) throw new Error('It has no cluster.')
  return { store, cluster: store.lock.cluster }
}

it('a process is one member, wherever its sessions are, and each note is beside its lock', async () => {
  const root = temporaryFolder()
  const [here, there] = [open(root), open(root)]
  await here.cluster.announce('here')
  for (const sessionId of ['main', 'other']) {
    const lease = await here.store.lock.acquire(sessionId)
    await here.cluster.note(sessionId, lease?.fencingToken ?? 0, `note of ${sessionId}`)
  }
  const news = await there.cluster.follow().next()
  expect(news.processes).toMatchObject([{ text: 'here', isSelf: false, isAskedToDrain: false }])
  expect(news.locks.map(({ sessionId, text }) => `${sessionId}: ${text ?? ''}`).sort()).toEqual(['main: note of main', 'other: note of other'])
  expect(await there.cluster.askToDrain(news.processes[0]?.id ?? '')).toBe(true)
  expect((await there.cluster.follow().next()).processes).toMatchObject([{ isAskedToDrain: true }])
  await here.store.close()
  expect((await there.cluster.follow().next()).processes).toEqual([])
})

it('a folder that fails hides its own sessions alone; when all fail, nobody can tell', async () => {
  const root = temporaryFolder()
  writeFileSync(join(root, 'shop'), 'a file in its place')
  const [here, there] = [open(root), open(root)]
  await here.cluster.announce('here')
  await here.store.lock.acquire('main')
  const follower = there.cluster.follow()
  expect((await follower.next()).processes).toMatchObject([{ text: 'here' }])
  rmSync(join(root, 'shop'))
  mkdirSync(join(root, 'shop'))
  await here.store.lock.acquire('shop')
  await here.cluster.announce('here again')
  const news = await follower.next()
  expect([news.processes[0]?.text, news.locks.map(({ sessionId }) => sessionId)]).toEqual(['here again', expect.arrayContaining(['shop'])])
  for (const name of ['shop', 'auth', 'sessions']) {
    rmSync(join(root, name), { recursive: true, force: true })
    writeFileSync(join(root, name), '')
  }
  await expect(there.cluster.follow().next()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
})
