import type { BinaryNode } from '@whiskeysockets/baileys'
import { expect, it } from 'vitest'
import { inFakeTime, pass, scenario, silent, within, type Scenario } from '../support/scenario.js'

inFakeTime()

function refresh(id: string, child: string | null = 'companion_reg_refresh'): BinaryNode {
  return {
    tag: 'notification',
    attrs: { type: 'companion_reg_refresh', from: 's.whatsapp.net', id },
    ...(child === null ? {} : { content: [{ tag: child, attrs: {} }] }),
  }
}

const fieldsOf = (qr: string | undefined): string[] => (qr ?? '').slice((qr ?? '').lastIndexOf('#') + 1).split(',')
const refOf = (qr: string | undefined): string | undefined => fieldsOf(qr)[0]
const secretOf = (qr: string | undefined): string | undefined => fieldsOf(qr)[3]

const ack = (id: string): object => ({ tag: 'ack', attrs: { id, to: 's.whatsapp.net', class: 'notification', type: 'companion_reg_refresh' } })
const acksOf = ({ baileys }: Scenario): BinaryNode[] => baileys.lastSocket?.sentNodes.filter(({ tag }) => tag === 'ack') ?? []
const qrs = (made: Scenario): string[] => made.events('qr').map(({ qr }) => qr)
const problems = (made: Scenario): string[] => made.events('error').map(({ error }) => `${error.code}: ${error.message}`)

it.each(['companion_reg_refresh', 'pair-device-rotate-qr'])('shows the same ref with a new secret after a <%s>, until the same time', async (child) => {
  const made = scenario({
    script: (socket) => {
      socket.qr()
    },
  })
  const first = await within(made.sessions.connect('shop'))
  await pass(5000)
  made.socket().receiveNode(refresh('n1', child))
  const [, second] = made.events('qr')
  expect(refOf(second?.qr)).toBe(refOf(first.qr))
  expect(secretOf(second?.qr)).not.toBe(secretOf(first.qr))
  expect(Buffer.from(secretOf(second?.qr) ?? '', 'base64')).toHaveLength(32)
  expect(secretOf(second?.qr)).toBe(made.socket().authState.creds.advSecretKey)
  expect(second?.expiresAt).toEqual(first.pairingExpiresAt)
  expect(await made.sessions.getStatus('shop')).toMatchObject({ status: 'pairing', qr: second?.qr, pairingExpiresAt: first.pairingExpiresAt })
  expect(acksOf(made)).toEqual([ack('n1')])
  expect(problems(made)).toEqual([])
})

it('puts the new secret into every later QR code of the socket, in both forms of the text', async () => {
  const made = scenario({
    script: (socket) => {
      socket.qr()
    },
  })
  await within(made.sessions.connect('shop'))
  const { creds } = made.socket().authState
  const old = creds.advSecretKey
  made.socket().receiveNode(refresh('n1'))
  made.socket().receiveNode(refresh('n2'))
  made.socket().qr(`2@ref,noise,identity,${old},1`)
  made.socket().qr(`2@other,noise,identity,${old}`)
  expect(qrs(made).slice(-2)).toEqual([`2@ref,noise,identity,${creds.advSecretKey},1`, `2@other,noise,identity,${creds.advSecretKey}`])
  made.socket().qr()
  expect(secretOf(qrs(made).at(-1))).toBe(creds.advSecretKey)
  expect(new Set(qrs(made).map(secretOf)).size).toBe(3)
  expect(acksOf(made)).toEqual([ack('n1'), ack('n2')])
})

it('makes the secret anew before the first QR code, and shows none before there is one', async () => {
  const made = scenario({ script: silent })
  const connecting = made.sessions.connect('shop')
  await pass()
  const before = made.socket().authState.creds.advSecretKey
  made.socket().receiveNode(refresh('n1'))
  expect(qrs(made)).toEqual([])
  made.socket().qr(`2@ref,noise,identity,${before}`)
  const { qr } = await within(connecting)
  expect(secretOf(qr)).not.toBe(before)
  expect(secretOf(qr)).toBe(made.socket().authState.creds.advSecretKey)
})

it('acknowledges the same notification again, and does nothing else', async () => {
  const made = scenario({
    script: (socket) => {
      socket.qr()
    },
  })
  await within(made.sessions.connect('shop'))
  made.socket().receiveNode(refresh('n1'))
  made.socket().receiveNode(refresh('n1'))
  expect(acksOf(made)).toEqual([ack('n1'), ack('n1')])
  expect(qrs(made)).toHaveLength(2)
})

it('acknowledges one that it does not understand, says so, and changes nothing', async () => {
  const made = scenario({
    script: (socket) => {
      socket.qr()
    },
  })
  const { qr } = await within(made.sessions.connect('shop'))
  made.socket().receiveNode(refresh('n1', null))
  made.socket().receiveNode(refresh('n2', 'something-new'))
  expect(acksOf(made)).toEqual([ack('n1'), ack('n2')])
  expect(qrs(made)).toEqual([qr])
  expect(problems(made)).toEqual(Array(2).fill('PAIRING_FAILED: Session "shop": WhatsApp sent a registration refresh in an unknown form. Nothing was changed.'))
})

it('says so when one has no id to acknowledge it by', async () => {
  const made = scenario({
    script: (socket) => {
      socket.qr()
    },
  })
  await within(made.sessions.connect('shop'))
  made.socket().receiveNode({ tag: 'notification', attrs: { type: 'companion_reg_refresh' }, content: [{ tag: 'companion_reg_refresh', attrs: {} }] })
  await pass()
  expect(problems(made)).toEqual(['PAIRING_FAILED: Session "shop": WhatsApp refreshed the registration, but the library could not acknowledge it.'])
  expect(qrs(made)).toHaveLength(1)
})

it('shows a QR code of an unknown form as it is, and says so once', async () => {
  const made = scenario({
    script: (socket) => {
      socket.qr('a code of the year 2030')
    },
  })
  await within(made.sessions.connect('shop'))
  expect(problems(made)).toEqual([])
  made.socket().receiveNode(refresh('n1'))
  made.socket().receiveNode(refresh('n2'))
  made.socket().qr('another one')
  expect(qrs(made)).toEqual(['a code of the year 2030', 'another one'])
  expect(problems(made)).toEqual([expect.stringContaining('QR codes in an unknown form')])
})

it('changes nothing for a linked session, and leaves it to Baileys', async () => {
  const made = scenario()
  await within(made.sessions.connect('shop'))
  made.socket().pairSuccess()
  const paired = made.socket().authState.creds.advSecretKey
  made.socket().receiveNode(refresh('n1'))
  expect(made.socket().authState.creds.advSecretKey).toBe(paired)
  await made.socket().close(515)
  await within(made.sessions.waitUntilConnected('shop'))
  made.socket().receiveNode(refresh('n2'))
  expect(made.socket().authState.creds.advSecretKey).toBe(paired)
  expect(acksOf(made)).toEqual([])
  expect(problems(made)).toEqual([])
})

it('makes a new secret while a pairing code is shown, and none once the phone has entered it', async () => {
  const made = scenario({
    script: (socket) => {
      socket.qr()
    },
  })
  const code = await within(made.sessions.requestPairingCode('shop', '4915112345678'))
  const { creds } = made.socket().authState
  const before = creds.advSecretKey
  made.socket().receiveNode(refresh('n1'))
  expect(creds.advSecretKey).not.toBe(before)
  expect(await made.sessions.getStatus('shop')).toMatchObject({ status: 'pairing', pairingCode: code })
  made.socket().receiveNode({ tag: 'notification', attrs: { type: 'link_code_companion_reg', id: 'c1' } })
  // As Baileys derives it from the code.
  creds.advSecretKey = 'derived'
  for (const id of ['n2', 'n3']) made.socket().receiveNode(refresh(id))
  expect(creds.advSecretKey).toBe('derived')
  expect(acksOf(made)).toMatchObject([{ attrs: { id: 'n1' } }, { attrs: { id: 'n2' } }, { attrs: { id: 'n3' } }])
})

it('does nothing twice with a Baileys that makes the secret anew by itself', async () => {
  const made = scenario({
    script: (socket) => {
      socket.qr('2@ref,noise,identity,its-own-first-secret')
      socket.ws.prependListener('frame', ({ tag }: BinaryNode) => {
        if (tag !== 'notification') return
        socket.authState.creds.advSecretKey = 'its-own-second-secret'
        socket.qr('2@ref,noise,identity,its-own-second-secret')
      })
    },
  })
  await within(made.sessions.connect('shop'))
  made.socket().receiveNode(refresh('n1'))
  expect(made.socket().authState.creds.advSecretKey).toBe('its-own-second-secret')
  expect(qrs(made)).toEqual(['2@ref,noise,identity,its-own-first-secret', '2@ref,noise,identity,its-own-second-secret'])
  expect(acksOf(made)).toHaveLength(1)
})
