import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { WhatsAppServer } from '../../src/testing/whatsapp-server/index.js'
import { BaileysClient, newDevice, type Device } from './baileys-client.js'

// These wait for Baileys' own timers, so they run at the same time, each with its own server.
describe.concurrent('a server that falls silent', () => {
  async function scene(): Promise<{ server: WhatsAppServer, device: Device, deviceKey: string }> {
    const server = await WhatsAppServer.start()
    const device = newDevice()
    return { server, device, deviceKey: server.linkDirect(device.state.creds, { phone: '491700000001' }).deviceKey }
  }

  it('as a black hole: 408 by keep-alive, once the client cuts TCP itself', async () => {
    const { server, device, deviceKey } = await scene()
    const client = await new BaileysClient(server.url, device, { keepAliveIntervalMs: 500 }).opened()
    cutTcpOnClose(client)
    expect(server.blackHole(deviceKey)).toBe(1)
    expect(await client.closed()).toMatchObject({ code: 408 })
    await server.close()
    expect(server.errors).toEqual([])
  })

  it('after the login: 408 by keep-alive', async () => {
    const { server, device, deviceKey } = await scene()
    server.muteLogin(deviceKey, true)
    const client = new BaileysClient(server.url, device, { keepAliveIntervalMs: 500, connectTimeoutMs: 1000 })
    expect(await client.closed()).toMatchObject({ code: 408 })
    expect(server.attempts(deviceKey)).toMatchObject([{ outcome: 'muted', reason: 'login' }])
    await server.close()
  })

  it('only with the success: the client waits for ever, since its pings are answered', async () => {
    const { server, device, deviceKey } = await scene()
    server.muteSuccess('*', true)
    const client = new BaileysClient(server.url, device, { keepAliveIntervalMs: 500, connectTimeoutMs: 1000 })
    await server.waitFor(() => server.log.some(({ kind }) => kind === 'muted-success'))
    await new Promise((resolve) => { setTimeout(resolve, 6500) })
    expect(client.ending).toBeNull()
    expect(client.updates.some(({ connection }) => connection === 'open')).toBe(false)
    expect(server.isOnline(deviceKey)).toBe(true)
    await client.end()
    await server.close()
  })
})

/** Baileys waits 30 s for the close of a websocket whose peer is silent, unless somebody terminates it. */
function cutTcpOnClose(client: BaileysClient): void {
  const { ws } = client.socket
  const close = ws.close.bind(ws)
  ws.close = async () => {
    const closing = close()
    const raw: unknown = Reflect.get(ws, 'socket')
    if (raw instanceof WebSocket) raw.terminate()
    return closing
  }
}
