import type { WASocket } from '@whiskeysockets/baileys'
import { expect, it, vi } from 'vitest'
import { endWaitingQueries } from '../../../../src/socket/workarounds/end-waiting-queries.js'
import { FakeBaileys } from '../../../../src/testing/index.js'

function makeSocket(): WASocket {
  const baileys = new FakeBaileys()
  return baileys.makeWASocket({ auth: { creds: baileys.initAuthCreds(), keys: { get: () => ({}), set: () => undefined } } })
}

const closed = expect.objectContaining({ message: 'The connection was closed.' })

it('tells those who wait for the close when Baileys takes their listeners away', () => {
  const { ws } = makeSocket()
  const waiting = vi.fn()
  endWaitingQueries({ ws }, { ended: new AbortController().signal })
  ws.on('close', () => {
    throw new Error('a listener of the application')
  })
  ws.on('close', waiting)
  ws.removeAllListeners('message')
  expect(waiting).not.toHaveBeenCalled()
  ws.removeAllListeners('close')
  expect(waiting.mock.calls).toEqual([[closed]])
  expect(ws.listeners('close')).toEqual([])
})

it.each(['close', 'error'])('refuses those who begin to wait for the %s after the end', async (event) => {
  const { ws } = makeSocket()
  const waiting = vi.fn()
  const other = vi.fn()
  const ended = new AbortController()
  endWaitingQueries({ ws }, { ended: ended.signal })
  ended.abort()
  ws.on(event, waiting)
  ws.on('message', other)
  await Promise.resolve()
  expect(waiting.mock.calls).toEqual([[closed]])
  expect(other).not.toHaveBeenCalled()
})
