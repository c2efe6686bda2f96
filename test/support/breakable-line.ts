import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** How a line is broken: nothing comes through any more, and nobody is told; or whoever uses it is told at once. */
export type Break = 'silent' | 'refused'

/** A port of this machine that leads to another one, until the line is broken. */
export class BreakableLine implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #broken: Break | null = null

  private constructor(server: Server, targetPort: number) {
    this.#server = server
    server.on('connection', (client: Socket) => {
      const target = connect(targetPort, '127.0.0.1')
      for (const [socket, other] of [
        [client, target],
        [target, client],
      ] as const) {
        this.#sockets.add(socket)
        socket
          .on('data', (bytes) => {
            if (this.#broken === null) other.write(bytes)
          })
          .on('error', () => other.destroy())
          .on('close', () => {
            this.#sockets.delete(socket)
            other.destroy()
          })
      }
      if (this.#broken === 'refused') client.destroy()
    })
  }

  /** Starts one that leads to this port. */
  static async start(targetPort: number): Promise<BreakableLine> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new BreakableLine(server, targetPort)
  }

  /** Where it begins. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Lets nothing through from now on. */
  break(how: Break): void {
    this.#broken = how
    if (how === 'refused') this.#hangUp()
  }

  /** Lets everything through again, on new connections. */
  mend(): void {
    this.#broken = null
    this.#hangUp()
  }

  /** Closes it, and everything that goes through it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#hangUp()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #hangUp(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}
