import * as baileys from '@whiskeysockets/baileys'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { WhatsAppServer, type LinkedDevice, type WhatsAppServerOptions } from '../../src/testing/whatsapp-server/index.js'
import { BaileysClient, newDevice, type Device } from './baileys-client.js'
import { RefreshingClient } from './refreshing-client.js'

/** A linked device with its stored credentials. */
export interface PairedDevice extends LinkedDevice {
  device: Device
}

/** One server for a test file, with clients that end after each test. */
export class ServerFixture {
  readonly #clients: BaileysClient[] = []
  #server: WhatsAppServer | null = null
  #phones = 491_700_000_000

  constructor(options: WhatsAppServerOptions = {}) {
    let distrust = (): void => undefined
    beforeAll(async () => {
      this.#server = await WhatsAppServer.start(options)
      distrust = this.#server.trust(baileys)
    })
    afterEach(async () => {
      await this.server.clearFaults()
      await Promise.all(this.#clients.splice(0).map(async (client) => client.end()))
    })
    afterAll(async () => {
      const { errors, unknownQueries } = this.server
      await this.server.close()
      distrust()
      expect(errors).toEqual([])
      expect([...unknownQueries]).toEqual([])
    })
  }

  get server(): WhatsAppServer {
    if (this.#server === null) throw new Error('The server has not started.')
    return this.#server
  }

  set server(server: WhatsAppServer) {
    this.#server = server
  }

  /** The number of a phone that nobody has used. */
  newPhone(): string {
    return String(++this.#phones)
  }

  /** A client that dials now. */
  dial(device: Device, config: Partial<baileys.UserFacingSocketConfig> = {}, url: string = this.server.url): BaileysClient {
    const client = new BaileysClient(url, device, config)
    this.#clients.push(client)
    return client
  }

  /** A client that dials now, and answers the refreshes of its registration. */
  dialRefreshing(device: Device = newDevice(), config: Partial<baileys.UserFacingSocketConfig> = {}): RefreshingClient {
    const client = new RefreshingClient(this.server.url, device, config)
    this.#clients.push(client)
    return client
  }

  /** A client that is open. */
  async open(device: Device, config: Partial<baileys.UserFacingSocketConfig> = {}): Promise<BaileysClient> {
    return this.dial(device, config).opened()
  }

  /** A device that is linked without a connection, which is quicker. */
  link(phone: string = this.newPhone()): PairedDevice {
    const device = newDevice()
    return { ...this.server.linkDirect(device.state.creds, { phone }), device }
  }
}
