import type { Connection } from '../connection/connection.js'

/** A client that asked for a pairing code. */
export interface CodeRequest {
  readonly reference: string
  readonly phone: string
  readonly connection: Connection
  /** The client's ephemeral key, wrapped with the code. */
  readonly wrappedKey: Buffer
  /** Takes the key bundle with which the client finishes; `null` when it is gone. */
  finish: ((bundle: Buffer | null) => void) | null
}

/** The pairings that have begun and wait for their phone. */
export class PendingPairings {
  readonly #byReference = new Map<string, Connection>()
  readonly #codeRequests = new Map<string, CodeRequest>()

  /** The client shows QR codes with these references. */
  offer(references: readonly string[], connection: Connection): void {
    for (const reference of references) this.#byReference.set(reference, connection)
  }

  /** Who shows the QR code with this reference. */
  offeredBy(reference: string): Connection | undefined {
    return this.#byReference.get(reference)
  }

  /** The client asks for a pairing code. */
  request(request: CodeRequest): void {
    this.#codeRequests.set(request.reference, request)
  }

  /** The request with this reference. */
  requestOf(reference: string): CodeRequest | undefined {
    return this.#codeRequests.get(reference)
  }

  /** The newest request for a phone. */
  requestFor(phone: string): CodeRequest | undefined {
    return [...this.#codeRequests.values()].reverse().find((request) => request.phone === phone)
  }

  /** The connection is paired, or gone. */
  forget(connection: Connection): void {
    for (const [reference, owner] of this.#byReference) if (owner === connection) this.#byReference.delete(reference)
    for (const [reference, request] of this.#codeRequests) {
      if (request.connection !== connection) continue
      this.#codeRequests.delete(reference)
      request.finish?.(null)
    }
  }
}
