import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'

/** What the server reports, and where. */
export interface ObservabilityServerOptions {
  registry: Registry
  /** Whether this process is ready to answer callers, and not shutting down. */
  isReady: () => boolean
  /** The port on 127.0.0.1; 0 means any free one. */
  port?: number
}

/** A running server. */
export interface ObservabilityServer extends AsyncDisposable {
  url: string
}

interface Answer {
  status: number
  text: string
  type?: string
}

/** Serves `/metrics`, `/live` and `/ready` on loopback: none of them is for the public. */
export async function serveObservability({ registry, isReady, port = 9464 }: ObservabilityServerOptions): Promise<ObservabilityServer> {
  const server = createServer(({ url = '' }, response) => {
    const answer = ({ status, text, type = 'text/plain; charset=utf-8' }: Answer): void => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text)
    }
    if (url === '/metrics') void describeMetrics(registry).then(answer)
    else answer(describeHealth(url, isReady))
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function describeHealth(url: string, isReady: () => boolean): Answer {
  switch (url) {
    // If it can answer, it is alive. Do not check anything here that a restart cannot fix.
    case '/live':
      return { status: 200, text: 'alive\n' }
    case '/ready':
      return isReady() ? { status: 200, text: 'ready\n' } : { status: 503, text: 'not ready\n' }
    default:
      return { status: 404, text: 'Try /metrics, /live or /ready.\n' }
  }
}

async function describeMetrics(registry: Registry): Promise<Answer> {
  try {
    return { status: 200, text: await registry.metrics(), type: registry.contentType }
  } catch {
    return { status: 500, text: 'Could not collect the metrics.\n' }
  }
}
