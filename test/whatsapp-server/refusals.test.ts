// @module-tag full
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { WhatsAppServer } from '../../src/testing/whatsapp-server/index.js'
import { ServerFixture, type PairedDevice } from './server-fixture.js'

const fixture = new ServerFixture()
let paired: PairedDevice
beforeAll(() => {
  paired = fixture.link()
})

/** Where Linux lists its sockets. */
const SOCKETS = '/proc/net/tcp'
const STATES: Readonly<Record<string, string>> = { '01': 'established', '0A': 'listening' }

/** What the sockets do that have a port of this machine. */
function statesOf(port: number): string[] {
  const address = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = readFileSync(SOCKETS, 'utf8')
    .split('\n')
    .map((row) => row.trim().split(/\s+/u))
  return rows.filter(([, local]) => local === address).flatMap(([, , , state = '']) => STATES[state] ?? [])
}

describe('refused connections', () => {
  it('a reset of TCP is reported as 408, and ends after its time', async () => {
    const { server } = fixture
    await server.refuse(300, { how: 'reset' })
    expect(await fixture.dial(paired.device).closed()).toMatchObject({ code: 408 })
    await new Promise((resolve) => {
      setTimeout(resolve, 350)
    })
    await fixture.open(paired.device)
  })

  it('a closed port is reported as 408; open connections stay, and the port is the same afterwards', async () => {
    const { server } = fixture
    const other = fixture.link()
    const open = await fixture.open(other.device)
    const { port } = server
    await server.refuse(Infinity, { how: 'listen' })
    const ending = await fixture.dial(paired.device).closed()
    expect(ending).toMatchObject({ code: 408 })
    expect(ending.message).toContain('ECONNREFUSED')
    expect(open.ending).toBeNull()
    await server.accept()
    expect(server.port).toBe(port)
    await fixture.open(paired.device)
  })

  it.runIf(existsSync(SOCKETS))('a closed port is given to nobody else meanwhile, also when no client has a connection to it', async () => {
    await using server = await WhatsAppServer.start()
    expect(statesOf(server.port)).toEqual(['listening'])
    await server.refuse(Infinity, { how: 'listen' })
    // The system gives whoever asks for any port one that no socket has.
    expect(statesOf(server.port)).toEqual(['established'])
    await expect(once(connect(server.port, '127.0.0.1'), 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect([server.openConnections, server.attempts()]).toEqual([0, []])
    await server.accept()
    await vi.waitFor(() => {
      expect(statesOf(server.port)).toEqual(['listening'])
    })
    await server.refuse(Infinity, { how: 'listen' })
    await server.close()
    await vi.waitFor(() => {
      expect(statesOf(server.port)).toEqual([])
    })
  })

  it('refuses a time, a status and a way that make no sense', async () => {
    await expect(fixture.server.refuse(-1)).rejects.toThrow(RangeError)
    await expect(fixture.server.refuse(100, { status: 42 })).rejects.toThrow('status must be an HTTP status')
    expect(() => {
      fixture.server.delayHandshake(Number.NaN)
    }).toThrow(RangeError)
  })
})

describe('logins', () => {
  it('fail so many times with the given code, then work; attempts and their gaps are on record', async () => {
    const { server } = fixture
    const { device, deviceKey } = fixture.link()
    server.failLogins(deviceKey, 2, 503)
    expect(await fixture.dial(device).closed()).toMatchObject({ code: 503 })
    await new Promise((resolve) => {
      setTimeout(resolve, 150)
    })
    expect(await fixture.dial(device).closed()).toMatchObject({ code: 503 })
    await fixture.open(device)
    expect(server.attempts(deviceKey).map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'success'])
    expect(server.gaps(deviceKey)).toHaveLength(2)
    expect(server.gaps(deviceKey)[0]).toBeGreaterThan(140)
    expect(server.logins(deviceKey)).toBe(1)
  })

  it('fail for everybody, and those of one device before those of all', async () => {
    const { server } = fixture
    const [one, other] = [fixture.link(), fixture.link()]
    server.failLogins('*', 1, 500)
    server.failLogins(one.deviceKey, 1, 403)
    expect(await fixture.dial(one.device).closed()).toMatchObject({ code: 403 })
    expect(await fixture.dial(other.device).closed()).toMatchObject({ code: 500 })
    server.failLogins('*', 5)
    server.failLogins('*', 0)
    await fixture.open(other.device)
    expect(() => {
      server.failLogins('*', 1.5)
    }).toThrow(RangeError)
  })

  it('can be slow: the handshake, the success, and every answer after it', async () => {
    const { server } = fixture
    const { device, deviceKey } = fixture.link()
    server.delayHandshake(200)
    server.delayLogin(deviceKey, 250)
    const start = Date.now()
    const client = await fixture.open(device)
    expect(Date.now() - start).toBeGreaterThan(430)
    server.slow(deviceKey, 300)
    const asked = Date.now()
    await client.socket.fetchBlocklist()
    expect(Date.now() - asked).toBeGreaterThan(280)
    server.kick(deviceKey, 503)
    expect(await client.closed()).toMatchObject({ code: 503 })
  })
})
