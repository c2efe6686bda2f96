import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'

/** An HTTP proxy on loopback. Whatever host a tunnel is asked for, it leads to one port of this machine. */
export class ConnectProxy implements AsyncDisposable {
  /** What tunnels were asked for, as `host:port`, oldest first. */
  readonly tunnels: string[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server, targetPort: number) {
    this.#server = server
    server.on('connect', (request, client: Socket) => {
      this.tunnels.push(request.url ?? '')
      const target = connect(targetPort, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n')
        client.pipe(target).pipe(client)
      })
      for (const [socket, other] of [
        [client, target],
        [target, client],
      ] as const) {
        this.#sockets.add(socket)
        socket
          .on('error', () => other.destroy())
          .on('close', () => {
            this.#sockets.delete(socket)
            other.destroy()
          })
      }
    })
  }

  /** Starts one that leads to this port. */
  static async start(targetPort: number): Promise<ConnectProxy> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new ConnectProxy(server, targetPort)
  }

  /** Its address. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo
    return `http://127.0.0.1:${port}`
  }

  /** Closes it, and every tunnel. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
