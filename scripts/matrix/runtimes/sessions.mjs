// What an application does all day, with real Baileys against the loopback server, from the installed package.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { encrypted, FileSystemSessionStore } from 'baileys-sessions'
import { openSqliteDatabase, SqliteSessionStore } from 'baileys-sessions/sqlite'
import { eventually } from './world.mjs'

const textsOf = (socket) => {
  const texts = []
  socket.ev.on('messages.upsert', ({ messages }) => texts.push(...messages.map(({ message }) => message?.conversation ?? message?.extendedTextMessage?.text)))
  return texts
}

const reaches = (manager, expected) =>
  eventually(`status ${Object.values(expected).join(' ')}`, async () => {
    const snapshot = await manager.getStatus('shop')
    return Object.entries(expected).every(([name, value]) => snapshot[name] === value)
  })

/** Restores "shop" with another manager, and sees to it that nobody has to scan. */
async function restores(world, store) {
  const manager = world.newManager(store)
  const codes = []
  manager.on('qr', ({ qr }) => codes.push(qr))
  const { outcome } = await manager.restoreSession('shop')
  assert.equal(outcome, 'restored')
  assert.deepEqual(codes, [])
  assert.equal(world.server.registrations().length, 1)
  return manager
}

/** By name: each gets a world of its own. */
export const SESSIONS = {
  'links a phone with a QR code': async (world) => {
    const manager = world.newManager()
    const deviceKey = await world.pair(manager)
    assert.equal((await manager.getStatus('shop')).phoneNumber, deviceKey.split(':')[0])
  },
  'links a phone with a pairing code': async (world) => {
    const manager = world.newManager()
    const phone = world.newPhone()
    const code = await manager.requestPairingCode('shop', phone)
    await world.server.enterPairingCode(code, { phone })
    await manager.waitUntilConnected('shop', { timeoutMs: 20_000 })
  },
  'restores a session after a clean end': async (world) => {
    const first = world.newManager()
    await world.pair(first)
    await first.close()
    await restores(world)
  },
  'restores a session after a kill -9': async (world) => {
    const child = await world.startProcess()
    const seen = () => child.told.findLast(({ qr }) => qr !== undefined)?.qr
    await world.server.scanQr(() => eventually('a QR code', seen), { phone: world.newPhone() })
    await eventually('a connection', () => child.told.some(({ connected }) => connected))
    await child.kill()
    await restores(world)
  },
  'restores a session from SQLite': async (world) => {
    const open = async () => new SqliteSessionStore({ database: await openSqliteDatabase(join(world.directory, 'sessions.db')) })
    const first = world.newManager(await open())
    await world.pair(first)
    await first.close()
    await restores(world, await open())
  },
  'restores an encrypted session': async (world) => {
    const open = () => encrypted(new FileSystemSessionStore({ directory: world.directory }), { keys: { a: new Uint8Array(32).fill(7) }, currentKeyId: 'a' })
    const first = world.newManager(open())
    await world.pair(first)
    await first.close()
    await restores(world, open())
  },
  'receives a message': async (world) => {
    const manager = world.newManager()
    const deviceKey = await world.pair(manager)
    const texts = textsOf(manager.getSocket('shop'))
    await world.server.phoneText(world.newPhone(), deviceKey, 'good morning')
    await eventually('the message', () => texts.includes('good morning'))
  },
  'sends a message': async (world) => {
    const manager = world.newManager()
    await world.pair(manager)
    const phone = world.newPhone()
    await world.pair(manager, 'customer', phone)
    const texts = textsOf(manager.getSocket('customer'))
    await manager.getSocket('shop').sendMessage(`${phone}@s.whatsapp.net`, { text: 'on its way' })
    await eventually('the message', () => texts.includes('on its way'))
  },
  'comes back after a lost connection': async (world) => {
    const manager = world.newManager()
    const deviceKey = await world.pair(manager)
    const before = world.server.logins(deviceKey)
    world.server.drop(deviceKey, { reset: true })
    await eventually('another login', () => world.server.logins(deviceKey) > before)
    await reaches(manager, { status: 'connected' })
  },
  'tries again when a login fails': async (world) => {
    const manager = world.newManager()
    const deviceKey = await world.pair(manager)
    world.server.failLogins(deviceKey, 2, 503)
    world.server.drop(deviceKey)
    await reaches(manager, { status: 'reconnecting' })
    await eventually('a login after two that failed', () => world.server.attempts(deviceKey).filter(({ outcome }) => outcome === 'success').length >= 2)
    await reaches(manager, { status: 'connected' })
  },
  'tells of a logout on the phone': async (world) => {
    const manager = world.newManager()
    world.server.removeDevice(await world.pair(manager))
    await reaches(manager, { status: 'logged_out', reason: 'logged_out' })
  },
  'stays away after a restriction': async (world) => {
    const manager = world.newManager()
    world.server.kick(await world.pair(manager), 402)
    await reaches(manager, { status: 'failed', reason: 'restricted' })
  },
  'is refused a session that another process runs': async (world) => {
    const child = await world.startProcess()
    await eventually('a QR code', () => child.told.some(({ qr }) => qr !== undefined))
    await assert.rejects(world.newManager().connect('shop'), { code: 'OWNED_ELSEWHERE' })
  },
  'ends by itself after close': async (world) => {
    const child = await world.startProcess()
    await eventually('a QR code', () => child.told.some(({ qr }) => qr !== undefined))
    child.end()
    assert.equal(await child.ended, 0)
    assert.deepEqual(child.told.at(-1), { closed: true })
  },
  'can be required': () => {
    const required = createRequire(import.meta.url)
    assert.equal(typeof required('baileys-sessions').SessionManager, 'function')
    assert.equal(typeof required('baileys-sessions/testing').WhatsAppServer.start, 'function')
  },
}
