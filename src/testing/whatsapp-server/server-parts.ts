import type { EventEmitter } from 'eventemitter3'
import type { WebSocketServer } from 'ws'
import { AccountBook } from './accounts/account-book.js'
import { decodeServerState, type ServerState } from './accounts/server-state.js'
import { loadBaileysParts, type BaileysParts } from './baileys-parts.js'
import { ConnectionPool } from './connection/connection-pool.js'
import { Connection, type ConnectionOwner } from './connection/connection.js'
import { onHandshakeFrame } from './connection/handshake.js'
import { Listener } from './connection/listener.js'
import { makeWebSocketServer } from './connection/websocket.js'
import { AccountLimits } from './faults/account-limits.js'
import { FaultPlan } from './faults/fault-plan.js'
import { Linking } from './pairing/linking-rules.js'
import { MediaHost } from './media/media-host.js'
import { PendingPairings } from './pairing/pending-pairings.js'
import { PhoneBook } from './phone/phone-book.js'
import type { ServerContext } from './server-context.js'
import type { WhatsAppServerEvents } from './server-events.js'
import { toSettings, type ServerSettings, type WhatsAppServerOptions } from './server-options.js'
import { onStanza } from './stanza-router.js'
import { Journal } from './watching/journal.js'
import { Waits } from './watching/wait-for.js'
import { makeCertificateChain, makeServerKeys } from './wire/certificate.js'

/** A server that is put together: what its parts share, and its port. */
export interface ServerParts {
  readonly context: ServerContext
  readonly listener: Listener
}

/** What a server is made of and has to wait for. */
export interface LoadedParts {
  readonly settings: ServerSettings
  readonly linking: Linking
  readonly state: ServerState | null
  readonly baileys: BaileysParts
  readonly webSockets: WebSocketServer
}

/** Checks the options and loads what is loaded on demand. */
export async function loadServerParts(options: WhatsAppServerOptions): Promise<LoadedParts> {
  const settings = toSettings(options)
  const linking = new Linking(options)
  const state = options.state === undefined ? null : decodeServerState(options.state)
  const baileys = await loadBaileysParts(options.baileys)
  return { settings, linking, state, baileys, webSockets: await makeWebSocketServer() }
}

/** Puts a server together; it does not listen yet. */
export function makeServerParts({ settings, linking, state, baileys, webSockets }: LoadedParts, events: EventEmitter<WhatsAppServerEvents>): ServerParts {
  const keys = state?.keys ?? makeServerKeys(baileys)
  const accounts = new AccountBook(baileys.curve)
  for (const account of state?.accounts ?? []) accounts.add(account)
  let ids = 0
  const context: ServerContext = {
    settings,
    linking,
    baileys,
    keys,
    accounts,
    certificateChain: makeCertificateChain(baileys, keys),
    connections: new ConnectionPool(),
    pairings: new PendingPairings(),
    phones: new PhoneBook(baileys.makeSignalRepository),
    media: new MediaHost(() => listener.port, state?.media),
    faults: new FaultPlan(),
    limits: new AccountLimits(),
    journal: new Journal(events),
    waits: new Waits(events),
    nextId: () => `server-${process.pid}-${++ids}`,
  }
  const owner = ownerOf(context)
  const { faults, journal, connections, media } = context
  const listener = new Listener({
    port: settings.port,
    webSockets,
    journal,
    faults,
    onRequest: async (request, response) => media.answer(request, response),
    onWebSocket: (webSocket, socket, attempt) => {
      const connection = new Connection(owner, webSocket, socket, attempt)
      connections.add(connection)
      journal.write('connect', connection)
    },
  })
  return { context, listener }
}

/** Ends every connection and closes the port. What was seen stays readable. */
export async function closeServerParts({ context, listener }: ServerParts): Promise<void> {
  const connections = context.connections.all()
  for (const connection of connections) connection.terminate()
  await listener.close()
  await Promise.all(connections.map(async (connection) => connection.settled()))
  await context.phones.close()
  context.waits.close()
}

function ownerOf(context: ServerContext): ConnectionOwner {
  return {
    baileys: context.baileys,
    onHandshake: (connection, frame) => onHandshakeFrame(context, connection, frame),
    onNode: async (connection, node) => onStanza(context, connection, node),
    onClosed: (connection, code) => {
      context.connections.remove(connection)
      context.pairings.forget(connection)
      context.journal.write('disconnect', connection, { code })
    },
    onProblem: (where, connection, error) => context.journal.fail(where, connection, error),
  }
}
