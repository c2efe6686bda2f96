import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { FileSystemSessionStore, type SessionError, SessionManager } from '../../src/index.js'
import { CREDS_KEY } from '../../src/store/session-store.js'
import { FakeBaileys, pairedCreds } from '../../src/testing/index.js'
import { temporaryFolder } from '../support/temporary-folder.js'

it('invariant 6: a journal that cannot be brought into the files at close is told, and kept for the next one who runs the session', async () => {
  const directory = temporaryFolder()
  const store = new FileSystemSessionStore({ directory })
  await store.write('shop', [{ ...CREDS_KEY, value: pairedCreds() }])
  const baileys = new FakeBaileys({ onSocket: (socket) => socket.open() })
  const manager = new SessionManager({ store, baileys })
  const errors: SessionError[] = []
  manager.on('error', ({ error }) => {
    errors.push(error)
  })
  await manager.restoreSession('shop')
  const obstacle = join(directory, 'session-shop', 'session-a.json')
  mkdirSync(join(obstacle, 'something'), { recursive: true })
  await manager.getSocket('shop')?.authState.keys.set({ session: { a: Buffer.from('key') } })

  expect(await manager.close()).toEqual({ closed: ['shop'], notDrained: [] })
  expect(errors).toMatchObject([
    { code: 'STORE_UNAVAILABLE', sessionId: 'shop', message: expect.stringMatching(/session-shop.* The journal is kept there: nothing is lost/u) },
  ])
  await store.close().catch(() => undefined)

  rmSync(obstacle, { recursive: true })
  const next = new FileSystemSessionStore({ directory })
  onTestFinished(() => next.close())
  const again = new SessionManager({ store: next, baileys })
  onTestFinished(async () => {
    await again.close()
  })
  expect(await again.restoreSession('shop')).toMatchObject({ outcome: 'restored' })
  expect(await again.getSocket('shop')?.authState.keys.get('session', ['a'])).toEqual({ a: Buffer.from('key') })
})
