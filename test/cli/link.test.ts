import { BufferJSON, initAuthCreds } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { CREDS_KEY, LIFECYCLE_KEY, type SessionManager } from '../../src/index.js'
import { encodeLifecycle, freshLifecycle } from '../../src/auth/lifecycle-record.js'
import { LINK_LANGUAGES } from '../../src/cli/link/link-words.js'
import { deferred } from '../support/deferred.js'
import { LinkWorld } from './link-world.js'
import { PHONE, storePaired } from './stored-sessions.js'
import { TerminalScreen } from './terminal-screen.js'

const DEVICE = `${PHONE}:1`

/** Lets the phone scan what is shown at the moment. */
function scanner({ server }: LinkWorld): (qr: string) => void {
  let shown = ''
  let isScanning = false
  return (qr) => {
    shown = qr
    // A phone that is refused says so on its own screen.
    if (!isScanning) server.scanQr(() => shown, { phone: PHONE }).catch(() => undefined)
    isScanning = true
  }
}

/** The texts that an application receives, once there are so many. */
async function textsOf(manager: SessionManager, count: number): Promise<unknown[]> {
  const texts: unknown[] = []
  const done = deferred()
  manager.on('socket', ({ socket }) => {
    socket.ev.on('messages.upsert', ({ messages }) => {
      texts.push(...messages.map(({ message }) => message?.conversation).filter((text) => typeof text === 'string'))
      if (texts.length >= count) done.resolve()
    })
  })
  await done.promise
  return texts
}

/** The public halves of the pre-keys that are stored, by id. */
async function storedPreKeys({ store }: LinkWorld, ids: readonly string[]): Promise<Map<number, string>> {
  const records = await store.read(
    'acme',
    ids.map((id) => ({ type: 'pre-key', id })),
  )
  // Written by Baileys through this library.
  const pairs = records.map(({ id, value }) => [Number(id), (JSON.parse(value) as { public: { data: string } }).public.data] as const)
  return new Map(pairs.sort(([a], [b]) => a - b))
}

/** The same as the server has them. */
function uploadedPreKeys({ server }: LinkWorld): Map<number, string> {
  const state = JSON.parse(server.exportState()) as { accounts: { devices: { $map: [number, { preKeys: { $map: [number, { $bytes: string }][] } }][] } }[] }
  const [[, device] = [1, { preKeys: { $map: [] } }]] = state.accounts[0]?.devices.$map ?? []
  return new Map(device.preKeys.$map.map(([id, { $bytes }]) => [id, $bytes] as const).sort(([a], [b]) => a - b))
}

describe.each(['fs', 'sqlite'] as const)('a phone that is linked in a terminal, stored in %s', (kind) => {
  it('takes no message from the application, which finds it linked with the keys that WhatsApp has', async () => {
    const world = await LinkWorld.open(kind)
    // Sent at the moment of the link, so that it waits for the new device.
    world.server.once('paired', ({ deviceKey }) => {
      void world.server.phoneText(PHONE, deviceKey, 'hello')
    })
    const { code, output, errors } = await world.link({ onQr: scanner(world) })
    expect([code, output, errors]).toEqual([0, expect.stringContaining('Linked "acme" to 49•••••••••78 (Loop).\n'), expect.not.stringContaining('Not linked')])
    expect(world.server.device(DEVICE)).toMatchObject({ online: false, queued: 1 })
    expect(world.server.log.map(({ kind: what }) => what)).not.toContain('queue-sent')

    const ids = (await world.recordsOf()).get('pre-key') ?? []
    expect(ids.length).toBeGreaterThan(0)
    expect(await storedPreKeys(world, ids)).toEqual(uploadedPreKeys(world))
    const [creds] = await world.store.read('acme', [CREDS_KEY])
    // Baileys goes on from here when it makes the next ones.
    expect(JSON.parse(creds?.value ?? '')).toMatchObject({ nextPreKeyId: ids.length + 1, firstUnuploadedPreKeyId: ids.length + 1 })
    expect(await world.store.lock.owner('acme')).toBeNull()

    const application = world.application()
    const texts = textsOf(application, 1)
    expect(await application.restoreSession('acme')).toMatchObject({ outcome: 'restored' })
    expect(await texts).toEqual(['hello'])
    expect(world.server.device(DEVICE).preKeys).toBe(ids.length)
  })

  it('by a code works, too', { tags: 'full' }, async () => {
    const world = await LinkWorld.open(kind)
    let shown = ''
    const { code, output, errors } = await world.link({
      phoneNumber: PHONE,
      onCode: (typed) => {
        shown = typed
        void world.server.enterPairingCode(typed, { phone: PHONE })
      },
    })
    expect([code, shown]).toEqual([0, expect.stringMatching(/^[\dA-Z]{8}$/u)])
    expect(output).toContain(`${shown.slice(0, 4)}-${shown.slice(4)}\nLinked "acme" to 49•••••••••78 (Loop).\n`)
    expect(errors).toContain('type this code')
    expect(output).not.toContain('█')
  })

  it('leaves nothing behind when nobody scans in time, and says what to do', { tags: 'full' }, async () => {
    const world = await LinkWorld.open(kind, { qrReferences: 1 })
    const { code, errors } = await world.link({ socketConfig: { qrTimeout: 100 } })
    expect([code, errors]).toEqual([1, expect.stringMatching(/^Not linked\. .*[Cc]onnect again[^]*^Nothing was stored\./mu)])
    expect(await world.sessionIds()).toEqual([])
    expect(await world.store.lock.owner('acme')).toBeNull()
  })

  it('leaves nothing behind when it is called off', { tags: 'full' }, async () => {
    const world = await LinkWorld.open(kind)
    const interrupted = new AbortController()
    const { code, errors } = await world.link({
      signal: interrupted.signal,
      onQr: () => {
        interrupted.abort()
      },
    })
    expect([code, errors]).toEqual([130, expect.stringContaining('Nothing was stored.')])
    expect(await world.sessionIds()).toEqual([])
    expect(await world.store.lock.owner('acme')).toBeNull()
    expect(world.server.devices()).toEqual([])
  })
})

describe('a phone that is linked in a terminal', () => {
  it('stays linked when it is called off after the scan, and the application uploads the keys', async () => {
    const world = await LinkWorld.open()
    const interrupted = new AbortController()
    // Before the second login, in which the keys would be uploaded.
    world.server.once('paired', () => {
      interrupted.abort()
    })
    const { code, output, errors } = await world.link({ signal: interrupted.signal, onQr: scanner(world) })
    expect([code, output, errors]).toEqual([130, expect.stringContaining('Linked "acme"'), expect.stringContaining('Its pre-keys are not uploaded yet')])
    expect(world.server.device(DEVICE).preKeys).toBe(0)
    expect(await world.application().restoreSession('acme')).toMatchObject({ outcome: 'restored' })
    expect(world.server.device(DEVICE).preKeys).toBeGreaterThan(0)
  })

  it('tries the upload again when the connection is lost in it', { tags: 'full' }, async () => {
    const world = await LinkWorld.open()
    world.server.once('login', ({ deviceKey }) => {
      world.server.drop(deviceKey)
    })
    expect(await world.link({ onQr: scanner(world) })).toMatchObject({ code: 0 })
    expect(world.server.logins(DEVICE)).toBe(2)
    expect(world.server.device(DEVICE).preKeys).toBeGreaterThan(0)
  })

  it('says why the second login came to nothing', { tags: 'full' }, async () => {
    const world = await LinkWorld.open()
    world.server.once('paired', () => {
      world.server.failLogins(DEVICE, 1, { code: 403, via: 'failure' })
    })
    const { code, output, errors } = await world.link({ onQr: scanner(world) })
    expect([code, output, errors]).toEqual([
      1,
      expect.stringContaining('Linked "acme"'),
      expect.stringMatching(/Its pre-keys are not uploaded yet.*WhatsApp restricted this account/u),
    ])
    expect((await world.recordsOf()).has('creds')).toBe(true)
  })

  it('is told what WhatsApp says when it refuses', { tags: 'full' }, async () => {
    const world = await LinkWorld.open('fs', { refuseScan: { code: 401, via: 'failure' } })
    const { code, output, errors } = await world.link({ onQr: scanner(world) })
    expect([code, output]).toEqual([1, expect.not.stringContaining('Linked')])
    expect(errors).toMatch(/^Not linked\. .*refused/mu)
    expect(await world.sessionIds()).toEqual([])
  })

  it('is told at once that a passkey is needed, and goes on', async () => {
    const world = await LinkWorld.open('fs', { requirePasskey: true, qrReferences: 1 })
    const { errors } = await world.link({ onQr: scanner(world), socketConfig: { qrTimeout: 1500 } })
    expect(errors).toMatch(/passkey/u)
    expect(errors.indexOf('passkey')).toBeLessThan(errors.indexOf('Not linked'))
  })

  it.each([
    ['pt-br', /^No celular, abra WhatsApp/u, 'Concluindo a conexão...', /^A sessão "acme" foi conectada a /u],
    ['es', /^En el teléfono, abre WhatsApp/u, 'Terminando la conexión...', /^La sesión "acme" quedó vinculada a /u],
  ])('is talked to in the language that was asked for: %s', async (language, advice, waiting, linked) => {
    const words = LINK_LANGUAGES.get(language)
    const world = await LinkWorld.open()
    const { code, output, errors } = await world.link({ onQr: scanner(world), ...(words === undefined ? {} : { words }) })
    expect(code).toBe(0)
    expect(errors).toMatch(advice)
    expect(errors).toContain(waiting)
    expect(output.trim().split('\n').at(-1)).toMatch(linked)
  })

  it('is told why there is no pairing code', { tags: 'full' }, async () => {
    const world = await LinkWorld.open('fs', { refusePairingCodes: 429 })
    await expect(world.link({ phoneNumber: PHONE })).rejects.toMatchObject({ code: 'PAIRING_CODE_REFUSED' })
    expect(await world.sessionIds()).toEqual([])
  })

  it('keeps what was stored of a session that is logged out, until a new link has succeeded', async () => {
    const world = await LinkWorld.open()
    await storePaired(world.store, 'acme', { loggedOutAt: new Date(0) })
    const before = await world.store.read('acme', [CREDS_KEY, LIFECYCLE_KEY])
    const interrupted = new AbortController()
    expect(
      await world.link({
        signal: interrupted.signal,
        onQr: () => {
          interrupted.abort()
        },
      }),
    ).toMatchObject({ code: 130 })
    expect(await world.store.read('acme', [CREDS_KEY, LIFECYCLE_KEY])).toEqual(before)
    expect(await world.link({ onQr: scanner(world) })).toMatchObject({ code: 0 })
    expect(await world.application().restoreSession('acme')).toMatchObject({ outcome: 'restored' })
  })

  it('leaves a session that was never paired as stock Baileys made it', { tags: 'full' }, async () => {
    const world = await LinkWorld.open()
    await world.store.write('acme', [
      { ...CREDS_KEY, value: JSON.stringify(initAuthCreds(), BufferJSON.replacer) },
      { ...LIFECYCLE_KEY, value: encodeLifecycle({ ...freshLifecycle(null), desired: 'stopped' }) },
    ])
    const before = await world.store.read('acme', [CREDS_KEY, LIFECYCLE_KEY])
    const interrupted = new AbortController()
    expect(
      await world.link({
        signal: interrupted.signal,
        onQr: () => {
          interrupted.abort()
        },
      }),
    ).toMatchObject({ code: 130 })
    expect(await world.store.read('acme', [CREDS_KEY, LIFECYCLE_KEY])).toEqual(before)
  })

  it('is shown one QR in the place of another, and none when it is over', async () => {
    const world = await LinkWorld.open()
    const shown: string[] = []
    const scan = scanner(world)
    const { code, output, errors } = await world.link({
      isTerminal: true,
      onQr: (qr) => {
        shown.push(qr)
        scan(qr)
      },
    })
    expect([code, shown.length]).toEqual([0, 2])
    const screen = new TerminalScreen(100)
    // The second one is drawn where the first was.
    const pictures = output.split('Valid for')
    screen.write(pictures[0] ?? '')
    expect(screen.readQr()).toBe(shown[0])
    screen.write(`Valid for${pictures.slice(1).join('Valid for')}`)
    expect(screen.text).toBe('Linked "acme" to 49•••••••••78 (Loop).')
    // It is drawn, and told nowhere.
    for (const part of shown.flatMap((qr) => qr.split(/[#,]/u)).filter(({ length }) => length > 20)) expect(output + errors).not.toContain(part)
    expect(errors).toContain('Finishing the connection...')
  })
})
