import type { EventEmitter } from 'node:events'
import { initAuthCreds, type WASocket } from '@whiskeysockets/baileys'
import { expect, it, vi } from 'vitest'
import { tearDownSocket } from '../../../src/socket/socket-teardown.js'
import { hearLateErrors } from '../../../src/socket/workarounds/hear-late-errors.js'
import { FakeBaileys } from '../../../src/testing/index.js'

/** A socket that is still dialling, and whose `end` takes all listeners away before its websocket has an error to tell, as in Baileys 6.7.18. */
function dialling(): { socket: WASocket; ws: EventEmitter; told: ReturnType<typeof vi.fn> } {
  const baileys = new FakeBaileys()
  const socket = baileys.makeWASocket({ auth: { creds: initAuthCreds(), keys: { get: () => ({}), set: () => undefined } } })
  const ws: EventEmitter = socket.ws
  const told = vi.fn()
  socket.end = async () => {
    ws.removeAllListeners('error')
    process.nextTick(() => {
      told(tellError(ws))
    })
  }
  return { socket, ws, told }
}

/** An error that nobody hears is thrown. */
function tellError(ws: EventEmitter): string {
  try {
    return ws.emit('error', new Error('WebSocket was closed before the connection was established')) ? 'heard' : 'told to nobody'
  } catch {
    return 'thrown'
  }
}

it('somebody hears the error of a websocket that is torn down while it is dialled', async () => {
  const { socket, told } = dialling()
  hearLateErrors(socket)
  await tearDownSocket(socket)
  await vi.waitFor(() => {
    expect(told.mock.calls).toEqual([['heard']])
  })
})

it('somebody hears the error of a websocket that Baileys closes by itself', async () => {
  const { socket, ws } = dialling()
  hearLateErrors(socket)
  ws.removeAllListeners('error')
  await socket.ws.close()
  expect(tellError(ws)).toBe('heard')
})
