// A loopback server, a folder, and managers with real Baileys that dial the server.
import { Buffer } from 'node:buffer'
import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import * as baileys from '@whiskeysockets/baileys'
import { FileSystemSessionStore, SessionManager } from 'baileys-sessions'
import { WhatsAppServer } from 'baileys-sessions/testing'

const QUICK = { initialDelayMs: 100, factor: 2, maxDelayMs: 400, jitter: 'none' }

/** How long anything may take that a case waits for. */
const PATIENCE_MS = 20_000

export class World {
  /** What is to be ended with it, the newest first. */
  #ends = []
  #phones = 491_700_000_000

  static async open(folder) {
    const world = new World()
    world.directory = mkdtempSync(join(folder, 'world-'))
    world.server = await WhatsAppServer.start()
    world.#ends.push(() => world.server.close(), world.server.trust(baileys))
    return world
  }

  async close() {
    for (const end of this.#ends.reverse()) await end()
    if (this.server.errors.length > 0) throw this.server.errors[0]
  }

  newPhone() {
    this.#phones += 1
    return String(this.#phones)
  }

  /** A new manager, as a process that was just started would make it. */
  newManager(store = new FileSystemSessionStore({ directory: this.directory })) {
    const manager = newManager(store, this.server.url)
    this.#ends.push(() => manager.close())
    return manager
  }

  /** Links a phone; resolves with the key of the device. */
  async pair(manager, sessionId = 'shop', phone = this.newPhone()) {
    await manager.connect(sessionId)
    const { deviceKey } = await this.server.scanQr(async () => (await manager.getStatus(sessionId)).qr, { phone })
    await manager.waitUntilConnected(sessionId, { timeoutMs: PATIENCE_MS })
    return deviceKey
  }

  /** A process of the same runtime that connects "shop" in the folder of this world. */
  async startProcess() {
    const program = fileURLToPath(new URL('./session-child.mjs', import.meta.url))
    const child = spawn(process.execPath, [...('Deno' in globalThis ? ['run', '--allow-all'] : []), program], {
      env: { ...process.env, SERVER: this.server.url, ROOT_KEY: Buffer.from(this.server.rootPublicKey).toString('hex'), DIRECTORY: this.directory },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)))
    const told = []
    createInterface({ input: child.stdout }).on('line', (line) => told.push(JSON.parse(line)))
    const kill = () => {
      child.kill('SIGKILL')
      return ended
    }
    this.#ends.push(kill)
    return { told, kill, ended, end: () => child.stdin.end() }
  }
}

/** Real Baileys, with delays that a test can wait for. */
export function newManager(store, url) {
  const manager = new SessionManager({
    store,
    retry: { ...QUICK, maxRetries: 3 },
    reconnect: { ...QUICK, maxRetries: Infinity },
    version: 'baileys',
    socketConfig: () => ({ waWebSocketUrl: url }),
  })
  manager.on('error', () => undefined)
  return manager
}

/** Resolves with the first answer that is not `undefined`, `null` or `false`. */
export async function eventually(what, ask) {
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until;) {
    const answer = await ask()
    if (answer !== undefined && answer !== null && answer !== false) return answer
    await setTimeout(20)
  }
  throw new Error(`Waited in vain: ${what}`)
}
