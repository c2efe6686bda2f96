import type { WASocket } from '@whiskeysockets/baileys'
import type { BaileysModule } from '../baileys-module.js'
import { rawSocketOf } from '../raw-socket.js'

/** The place of the login among the frames that a socket sends: after the hello. */
const LOGIN_FRAME = 2

/** Baileys derives twice, one after the other, and begins a moment before; this is done surely later. */
const ROUNDS = 4

/**
 * Takes nothing in from the login until the keys of the connection are derived. Baileys 6.7.18 to 6.7.24 derive them in a thread, once the
 * login has been sent. An answer that comes before that is done cannot be read, and ends the process with an unhandled rejection
 * (`decodeFrame`): on a busy machine that is no rare thing. Version 7 derives them at once.
 * Delete it with the support of 6.7.
 */
export function pauseUntilKeysDerived(socket: WASocket, { baileys: { hkdf } }: { readonly baileys: Pick<BaileysModule, 'hkdf'> }): void {
  const raw = rawSocketOf(socket)
  if (raw?.send === undefined || hkdf === undefined) return
  const derive = (): unknown => hkdf(Buffer.alloc(32), 64, { info: '' })
  const send = raw.send.bind(raw)
  let frames = 0
  raw.send = (data, callback) => {
    frames += 1
    if (frames !== LOGIN_FRAME) {
      send(data, callback)
      return
    }
    raw.pause?.()
    send(data, (error) => {
      callback?.(error)
      void rounds(derive)
        .catch(() => undefined)
        .finally(() => {
          raw.resume?.()
        })
    })
  }
}

async function rounds(derive: () => unknown): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) await derive()
}
