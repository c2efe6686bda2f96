import { describe, expect, it } from 'vitest'
import type { AuthenticationCreds } from '@whiskeysockets/baileys'
import { SessionError } from '../../src/index.js'
import { codeOf, inFakeTime, pass, refusing, scenario, welcoming, within, type Scenario } from '../support/scenario.js'

inFakeTime()

/** Every secret of an identity, as it could be printed. */
function secretsOf(creds: AuthenticationCreds): string[] {
  const keys = [creds.noiseKey, creds.signedIdentityKey, creds.signedPreKey.keyPair, creds.pairingEphemeralKeyPair].flatMap((pair) => [
    pair.private,
    pair.public,
  ])
  return [...keys.flatMap((key) => [Buffer.from(key).toString('base64'), Buffer.from(key).toString('hex'), Array.from(key).join(',')]), creds.advSecretKey]
}

/** Text of anything, errors with their causes and stacks included. */
function textOf(value: unknown, seen = new Set<unknown>()): string {
  if (typeof value !== 'object' || value === null) return String(value)
  if (seen.has(value)) return ''
  seen.add(value)
  const own = value instanceof Error ? [value.message, value.stack, value.cause] : []
  return [...own, ...Object.entries(value).flat()].map((part) => textOf(part, seen)).join('\n')
}

function expectSecret(text: string, secrets: readonly string[], where: string): void {
  expect(text.length).toBeGreaterThan(0)
  for (const secret of secrets) expect(text.includes(secret), `${where} holds ${secret.slice(0, 8)}...`).toBe(false)
}

/** Everything that was told but the events meant for secrets, and the sockets themselves. */
const toldText = (made: Scenario): string =>
  made.told
    .filter(({ name }) => name !== 'qr' && name !== 'pairing-code' && name !== 'socket')
    .map(({ event }) => textOf(event))
    .join('\n')

describe('invariant 13: secrets', () => {
  it('invariant 13: of a whole life are in no event but qr, no error, no log line, no record of the repository', async () => {
    const QR = '2@qr-with-a-secret,noise,identity,adv'
    const made = scenario({
      script: (socket, index) => {
        if (socket.authState.creds.account === undefined) socket.qr(QR)
        else welcoming(socket, index)
      },
    })
    await within(made.sessions.connect('s'))
    const secrets = [QR, ...secretsOf(made.socket().authState.creds)]
    const code = await within(made.sessions.requestPairingCode('s', '4915112345678'))
    secrets.push(code)
    await made.socket().uploadPreKeys(3)
    made.socket().pairSuccess({ phone: '4915112345678' })
    await made.socket().close(515)
    await pass(100)
    const { account } = made.socket().authState.creds
    secrets.push(...[account?.accountSignatureKey, account?.deviceSignature].map((bytes) => Buffer.from(bytes ?? []).toString('base64')))
    await made.socket().writeKeys({ session: { x: Buffer.from('a secret ratchet of the session') } })
    secrets.push(Buffer.from('a secret ratchet of the session').toString('base64'), 'a secret ratchet')
    made.store.before = ({ verb }) => {
      if (verb === 'write') throw new Error('ENOSPC')
    }
    await within(codeOf(Promise.resolve(made.socket().config.auth.keys.set({ session: { x: Buffer.from('another secret ratchet here') } }))))
    await pass(5000)
    made.store.before = () => undefined
    await pass(30_000)
    made.sessions.on('status', () => {
      throw new Error('a listener broke')
    })
    await made.socket().close(403)
    await pass(1000)
    await within(codeOf(made.sessions.restoreSession('s')))
    await within(made.sessions.logout('s'))
    expectSecret(toldText(made), secrets, 'an event')
    expectSecret(made.lines.join('\n'), secrets, 'the log')
    expectSecret(textOf(await made.repository.findAll()), secrets, 'the repository')
    expect(made.events('qr')[0]?.qr).toBe(QR)
  })

  it('invariant 13: of corrupt records are in no error', async () => {
    const made = scenario()
    const text = await made.store.seed('s')
    const secrets = [...text.matchAll(/"data":"([^"]{12,})"/g)].map(([, data]) => data ?? '')
    expect(secrets.length).toBeGreaterThan(5)
    for (const broken of [text.slice(0, -20), text.replace('"noiseKey"', '"noisyKey"'), `${text}x`, JSON.stringify([text])]) {
      await made.store.inner.write('s', [{ type: 'creds', id: '', value: broken }])
      const result = await within(made.sessions.restoreSession('s'))
      expect(result).toMatchObject({ outcome: 'failed', reason: 'credentials_corrupt' })
      expectSecret(textOf(result), secrets, 'the result')
      const status = await within(made.sessions.getStatus('s'))
      expectSecret(textOf(status), secrets, 'the status')
      expectSecret(textOf(await within(made.sessions.connect('s').catch((error: unknown) => error))), secrets, 'the error')
    }
    expectSecret(`${toldText(made)}\n${made.lines.join('\n')}`, secrets, 'what was told')
  })

  it('invariant 13: of a key record that cannot be read are in no error', async () => {
    const made = scenario()
    await made.store.seed('s')
    await made.store.inner.write('s', [{ type: 'session', id: 'x', value: '{"_sessions":{"rootKey":"AAECAwQFBgcICQ==' }])
    await within(made.sessions.restoreSession('s'))
    const error: unknown = await Promise.resolve(made.socket().config.auth.keys.get('session', ['x'])).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(SessionError)
    expectSecret(textOf(error), ['AAECAwQFBgcICQ', 'rootKey'], 'the error')
  })

  it('invariant 13: of the node that comes with the end of a connection are told to nobody: only its code and message are', async () => {
    const made = scenario({ reconnect: { jitter: 'none', initialDelayMs: 60_000 } })
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    const secrets = ['a secret attribute', 'a secret content', 'a secret of the payload']
    const data = { tag: 'stream:error', attrs: { code: '503', key: secrets[0] }, content: [{ tag: 'enc', attrs: {}, content: secrets[1] }] }
    await made.socket().close(Object.assign(new Error('Stream Errored (unknown)'), { data, output: { statusCode: 503, payload: secrets[2] } }))
    await pass(1000)
    const status = await made.sessions.getStatus('s')
    expect(status).toMatchObject({ status: 'reconnecting', lastDisconnect: { code: 503, cause: 'server_unavailable', message: 'Stream Errored (unknown)' } })
    expectSecret(textOf(status), secrets, 'the status')
    expectSecret(toldText(made), secrets, 'an event')
    expectSecret(made.lines.join('\n'), secrets, 'the log')
    expectSecret(textOf(await made.repository.findAll()), secrets, 'the repository')
  })

  it('invariant 13: the QR code is in snapshots that are asked for only while it is of use', async () => {
    const made = scenario()
    await within(made.sessions.connect('s'))
    expect(await made.sessions.getStatus('s')).toHaveProperty('qr', 'the-qr')
    made.socket().pairSuccess()
    await pass(1)
    expect(await made.sessions.getStatus('s')).not.toHaveProperty('qr')
    const other = scenario()
    await within(other.sessions.connect('s'))
    other.script = refusing(428)
    await other.socket().close(428)
    await pass(1)
    const snapshot = await other.sessions.getStatus('s')
    expect(textOf(snapshot)).not.toContain('the-qr')
  })

  it('invariant 13: a store whose errors quote what it was to write does not put keys into messages, logs, statuses and rows', async () => {
    const made = scenario({ reconnect: { jitter: 'none', initialDelayMs: 60_000 } })
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    made.store.before = ({ verb, keys }) => {
      if (verb === 'write') throw new Error(`Failed query: insert into records values ($1)\nparams: ${keys.map(({ value }) => value).join(',')}`)
    }
    void codeOf(Promise.resolve(made.socket().config.auth.keys.set({ session: { x: Buffer.from('a secret ratchet') } })))
    await pass(2000)
    const secret = Buffer.from('a secret ratchet').toString('base64')
    const told = {
      errors: made.events('error').map(({ error }) => error.message),
      lines: made.lines,
      status: await made.sessions.getStatus('s'),
      rows: await made.repository.findAll(),
    }
    expect(JSON.stringify(told)).not.toContain(secret)
  })
})
