import type { WASocket } from '@whiskeysockets/baileys'
import { describe, expect, it, vi } from 'vitest'
import { pauseUntilKeysDerived } from '../../../../src/socket/workarounds/pause-until-keys-derived.js'
import { FakeBaileys } from '../../../../src/testing/index.js'

/** A socket whose raw websocket notes what is done with it, after `pauseUntilKeysDerived` with a Baileys that derives keys so. */
function makeSocket(hkdf: (() => unknown) | undefined): { done: string[]; send: (data: string) => void } {
  const baileys = new FakeBaileys()
  const socket: WASocket = baileys.makeWASocket({ auth: { creds: baileys.initAuthCreds(), keys: { get: () => ({}), set: () => undefined } } })
  const done: string[] = []
  const raw = {
    terminate: () => undefined,
    pause: () => done.push('pause'),
    resume: () => done.push('resume'),
    send: (data: string, callback?: () => void) => {
      done.push(data)
      callback?.()
    },
  }
  Reflect.set(socket.ws, 'socket', raw)
  pauseUntilKeysDerived(socket, { baileys: hkdf === undefined ? {} : { hkdf } })
  return {
    done,
    send: (data) => {
      raw.send(data, () => done.push('sent'))
    },
  }
}

describe('pauseUntilKeysDerived', () => {
  it('takes nothing in from the login until keys would be derived, where that takes a turn', async () => {
    let derived = 0
    const { done, send } = makeSocket(async () => {
      await Promise.resolve()
      done.push(`derived ${++derived}`)
    })
    await Promise.resolve()
    done.length = 0
    for (const data of ['hello', 'login', 'ping']) send(data)
    expect(done).toEqual(['hello', 'sent', 'pause', 'login', 'sent', 'ping', 'sent'])
    await vi.waitFor(() => {
      expect(done.at(-1)).toBe('resume')
    })
    expect(derived).toBeGreaterThan(2)
  })

  it('does nothing where they are derived at once', () => {
    const { done, send } = makeSocket(undefined)
    for (const data of ['hello', 'login']) send(data)
    expect(done).toEqual(['hello', 'sent', 'login', 'sent'])
  })
})
