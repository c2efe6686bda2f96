// @module-tag full
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { WhatsAppServer } from '../../src/testing/whatsapp-server/index.js'
import { BaileysClient, newDevice, type Device } from './baileys-client.js'

// These wait for Baileys' own timers, so they run at the same time, each with its own server; rc14 takes any root key.
describe.concurrent('a server that falls silent', () => {
  async function scene(): Promise<{ server: WhatsAppServer; device: Device; deviceKey: string }> {
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
    await new Promise((resolve) => {
      setTimeout(resolve, 6500)
    })
    expect(client.ending).toBeNull()
    expect(client.updates.some(({ connection }) => connection === 'open')).toBe(false)
    expect(server.isOnline(deviceKey)).toBe(true)
    await client.end()
    await server.close()
  })

  it.each([503, 429, 401])('after HTTP %i on the upgrade leaves the client without a word, until it dials anew', async (status) => {
    const { server, device } = await scene()
    await server.refuse(Infinity, { status })
    const client = new BaileysClient(`${server.url}?client=refused`, device, { connectTimeoutMs: 2000 })
    await server.waitFor(() => server.attempts().at(-1)?.outcome === 'refused')
    expect(server.attempts()).toMatchObject([{ label: 'refused', reason: `HTTP ${status}` }])
    await new Promise((resolve) => {
      setTimeout(resolve, 3000)
    })
    expect(client.ending).toBeNull()
    await client.end()
    await server.accept()
    const again = await new BaileysClient(server.url, device).opened()
    await again.end()
    await server.close()
  })

  it.each([
    [
      'upgrade',
      (server: WhatsAppServer) => {
        server.muteUpgrade(true)
      },
    ],
    [
      'handshake',
      (server: WhatsAppServer) => {
        server.muteHandshake(true)
      },
    ],
  ])('on the %s: 408 by the client’s own deadline', async (reason, mute) => {
    const { server, device } = await scene()
    mute(server)
    const client = new BaileysClient(server.url, device, { connectTimeoutMs: 500 })
    expect(await client.closed()).toMatchObject({ code: 408 })
    expect(server.attempts()).toMatchObject([{ outcome: 'muted', reason }])
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
