import * as real from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { type BaileysModule, INSTALL_BAILEYS, loadBaileys } from '../../../src/socket/baileys-module.js'
import { FakeBaileys } from '../../../src/testing/index.js'

/** A module of any shape, as an application in JavaScript may pass it. */
const given = (module: object): BaileysModule => module as BaileysModule

describe('loading Baileys', () => {
  it('imports the installed one when none is passed in', async () => {
    expect((await loadBaileys(undefined)).makeWASocket).toBe(real.makeWASocket)
  })

  it('takes the one that is passed in, real or fake', async () => {
    const fake = new FakeBaileys()
    expect((await loadBaileys(real)).initAuthCreds).toBe(real.initAuthCreds)
    expect((await loadBaileys(fake)).makeWASocket).toBe(fake.makeWASocket)
  })

  it('takes one whose names are all under `default`, as a CommonJS build has them', async () => {
    const { makeWASocket, initAuthCreds, proto } = new FakeBaileys()
    const loaded = await loadBaileys(given({ default: Object.assign(() => makeWASocket, { makeWASocket, initAuthCreds, proto }) }))
    expect(loaded.makeWASocket).toBe(makeWASocket)
  })

  it.each([
    ['at once', () => Buffer.alloc(64), false],
    ['later', async () => Buffer.alloc(64), true],
    [
      'later, with a failure',
      async () => {
        throw new Error('no such hash')
      },
      true,
    ],
    [
      'with an error',
      () => {
        throw new Error('no such hash')
      },
      false,
    ],
  ])('keeps what derives keys only where it takes a turn or more: %s', async (_name, hkdf, isKept) => {
    const { makeWASocket, initAuthCreds, proto } = new FakeBaileys()
    expect((await loadBaileys({ makeWASocket, initAuthCreds, proto, hkdf })).hkdf).toBe(isKept ? hkdf : undefined)
  })

  it.each<[string, object]>([
    ['nothing', {}],
    ['no socket', { initAuthCreds: () => ({}), proto: real.proto }],
    ['no proto', { makeWASocket: () => ({}), initAuthCreds: () => ({}) }],
    ['a proto of another kind', { makeWASocket: () => ({}), initAuthCreds: () => ({}), proto: { Message: {} } }],
  ])('refuses one with %s', async (_name, module) => {
    await expect(loadBaileys(given(module))).rejects.toMatchObject({
      name: 'SessionError',
      code: 'BAILEYS_UNSUPPORTED',
      message: expect.stringContaining(INSTALL_BAILEYS),
    })
  })
})
