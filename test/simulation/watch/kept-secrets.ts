import type { Observer, SimulatedSocket, Told, VerbCall } from '../observer.js'
import type { World } from '../world/world.js'

/** How deep to look: errors have causes, causes have data. */
const DEPTH = 8

/** 13. Key material is in no event, error or log; the QR code only in its event and in snapshots that are asked for. */
export class KeptSecrets implements Observer {
  readonly #world: World
  readonly #keys: string[] = []

  constructor(world: World) {
    this.#world = world
  }

  dialled({ fake }: SimulatedSocket): void {
    const { noiseKey, signedIdentityKey, signedPreKey, advSecretKey } = fake.authState.creds
    const secrets = [noiseKey.private, signedIdentityKey.private, signedPreKey.keyPair.private].map((key) => Buffer.from(key).toString('base64'))
    for (const secret of [...secrets, advSecretKey]) if (!this.#keys.includes(secret)) this.#keys.push(secret)
  }

  logged(manager: string, line: readonly unknown[]): void {
    this.#search(line, `${manager} logged`, true)
  }

  told({ manager, name, event }: Told): void {
    // The socket is Baileys' own, with everything that is in it.
    if (name !== 'socket') this.#search(event, `${manager} told in ${name}`, name !== 'qr')
  }

  settled({ value, manager, call, outcome }: VerbCall): void {
    // What waitUntilConnected resolves with is the socket.
    if (call.verb === 'waitUntilConnected' && outcome === 'resolved') return
    this.#search(
      value,
      `${manager}.${call.verb} ${outcome} with`,
      outcome === 'rejected' || (call.verb !== 'getStatus' && call.verb !== 'getStatuses' && call.verb !== 'connect'),
    )
  }

  #search(value: unknown, where: string, isQrSecret: boolean): void {
    const found = this.#find(value, isQrSecret ? [...this.#keys, '2@qr-of-'] : this.#keys, DEPTH)
    if (found !== null) this.#world.violate(13, `${where} ${found}`)
  }

  #find(value: unknown, secrets: readonly string[], depth: number): string | null {
    if (typeof value === 'string') return value.length >= 8 && secrets.some((secret) => value.includes(secret)) ? 'a secret' : null
    if (typeof value !== 'object' || value === null || depth === 0) return null
    if (value instanceof Uint8Array) return 'bytes'
    // The message and the cause of an error are not enumerable.
    for (const name of Object.getOwnPropertyNames(value)) {
      const found = this.#find(Reflect.get(value, name), secrets, depth - 1)
      if (found !== null) return `${found} (${name})`
    }
    return null
  }
}
