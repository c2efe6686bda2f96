import { randomBytes } from 'node:crypto'
import { Curve, generateSignalPubKey } from '@whiskeysockets/baileys'
import { expect, it } from 'vitest'
import { verifyXeddsa } from '../../src/testing/whatsapp-server/wire/xeddsa.js'

const rounds = Array.from({ length: 25 }, (_, round) => round)

it.each(rounds)('accepts what Baileys signed, with and without the type byte (round %i)', (round) => {
  const pair = Curve.generateKeyPair()
  const message = randomBytes(round * 7)
  const signature = Curve.sign(pair.private, message)
  expect(verifyXeddsa(pair.public, message, signature)).toBe(true)
  expect(verifyXeddsa(generateSignalPubKey(pair.public), message, signature)).toBe(true)
})

it('refuses another message, another key, a changed signature and anything of the wrong length', () => {
  const pair = Curve.generateKeyPair()
  const message = Buffer.from('message')
  const signature = Buffer.from(Curve.sign(pair.private, message))
  expect(verifyXeddsa(pair.public, Buffer.from('massage'), signature)).toBe(false)
  expect(verifyXeddsa(Curve.generateKeyPair().public, message, signature)).toBe(false)
  for (const index of [0, 31, 32, 62, 63]) {
    const changed = Buffer.from(signature)
    changed.writeUInt8(changed.readUInt8(index) ^ 0x80, index)
    expect(verifyXeddsa(pair.public, message, changed)).toBe(false)
  }
  expect(verifyXeddsa(pair.public, message, signature.subarray(1))).toBe(false)
  expect(verifyXeddsa(pair.public.subarray(1), message, signature)).toBe(false)
  expect(verifyXeddsa(Buffer.alloc(0), message, Buffer.alloc(0))).toBe(false)
})
