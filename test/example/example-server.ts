import { onTestFinished } from 'vitest'
import { SessionManager, type SessionManagerOptions, MemorySessionStore } from '../../src/index.js'
import { FakeBaileys } from '../../src/testing/index.js'
import { Tokens } from '../../examples/express/access/tokens.js'
import type { RunningServer, ServerOptions, StartServer } from '../../examples/express/server-options.js'
import { startServer as startExpress } from '../../examples/express/server.js'
import { startServer as startFastify } from '../../examples/fastify/server.js'
import { ApiClient } from './api-client.js'

/** The secret that the tokens of tests are signed with. */
export const SECRET = 'a secret that only the tests of the examples use'

/** Every framework that has the routes. */
export const FRAMEWORKS: readonly (readonly [name: string, start: StartServer])[] = [
  ['Express', startExpress],
  ['Fastify', startFastify],
]

/** Starts a server on a framework. */
export type ServerWishes = Partial<ServerOptions> & { manager?: Partial<SessionManagerOptions>; start?: StartServer }

/** A server in this process, with a Baileys that does as it is told. */
export interface ExampleServer {
  server: RunningServer
  sessions: SessionManager
  baileys: FakeBaileys
  tokens: Tokens
  /** What no client was told of in detail. */
  failures: unknown[]
  /** Somebody with a token for a company. */
  agent: (companyId: string) => Promise<ApiClient>
  /** Somebody with a token for all companies. */
  admin: () => Promise<ApiClient>
}

/** Starts a server that is closed when the test ends. */
export async function openExample({ manager = {}, start = startExpress, ...options }: ServerWishes = {}): Promise<ExampleServer> {
  const baileys = new FakeBaileys({
    onSocket: (socket) => {
      socket.welcome()
    },
  })
  const sessions = options.sessions ?? new SessionManager({ store: new MemorySessionStore(), baileys, reconnect: { initialDelayMs: 10 }, ...manager })
  const failures: unknown[] = []
  sessions.on('error', ({ error }) => {
    failures.push(error)
  })
  const tokens = new Tokens(SECRET)
  const server = await start({ sessions, tokens, port: 0, onFailure: (error) => failures.push(error), ...options })
  const close = async (): Promise<void> => {
    await server.close()
  }
  onTestFinished(close)
  const clientOf = async (companyId: string | null, role: 'agent' | 'admin'): Promise<ApiClient> =>
    new ApiClient(server.url, await tokens.issue({ companyId, role }, 600))
  return {
    server,
    sessions,
    baileys,
    tokens,
    failures,
    agent: async (companyId) => clientOf(companyId, 'agent'),
    admin: async () => clientOf(null, 'admin'),
  }
}

/** Links the session of a company: connects, scans, and lets WhatsApp ask for a new connection. */
export async function pair({ sessions, baileys }: ExampleServer, companyId: string, phone: string): Promise<void> {
  await sessions.connect(companyId)
  const socket = baileys.lastSocket
  socket?.pairSuccess({ phone })
  await socket?.close(515)
  await sessions.waitUntilConnected(companyId)
}
