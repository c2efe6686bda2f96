import { expect, it, vi } from 'vitest'
import { catchHandlerRejections } from '../../../../src/socket/workarounds/catch-handler-rejections.js'
import { FakeBaileys } from '../../../../src/testing/index.js'

it('tells of handlers of Baileys that reject, and leaves everything else as it is', async () => {
  const baileys = new FakeBaileys()
  const { ws } = baileys.makeWASocket({ auth: { creds: baileys.initAuthCreds(), keys: { get: () => ({}), set: () => undefined } } })
  const problem = new Error('Connection Closed')
  const order: unknown[] = []
  const rejecting: (node: unknown) => unknown = async (node) => {
    order.push(node)
    await Promise.reject(problem)
  }
  ws.on('CB:success', rejecting)
  ws.on('CB:success', (node: unknown) => {
    order.push(node)
  })
  const open = vi.fn()
  ws.on('open', open)
  const onHandlerRejected = vi.fn()
  catchHandlerRejections({ ws }, { onHandlerRejected })
  expect(ws.emit('CB:success', 'node')).toBe(true)
  expect(order).toEqual(['node', 'node'])
  await vi.waitFor(() => {
    expect(onHandlerRejected.mock.calls).toEqual([[problem]])
  })
  expect(ws.listeners('open')).toEqual([open])
})
