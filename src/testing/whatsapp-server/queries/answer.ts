import type { Device } from '../accounts/account.js'
import type { Connection } from '../connection/connection.js'
import type { ServerContext } from '../server-context.js'
import { SERVER_JID, stanza, type BinaryNode } from '../wire/binary-node.js'

/** A query of a device that is logged in. */
export interface Query {
  readonly server: ServerContext
  readonly connection: Connection
  readonly device: Device
  /** The whole iq. */
  readonly iq: BinaryNode
  /** Its first child: what is asked for. */
  readonly asked: BinaryNode | undefined
}

/** Answers one kind of query; `false` when it does not know this one. */
export type QueryHandler = (query: Query) => boolean

/** Answers with a result. */
export function answerResult(connection: Connection, iq: BinaryNode, content?: BinaryNode[], attributes: Record<string, string> = {}): true {
  connection.send(stanza('iq', { from: SERVER_JID, type: 'result', id: iq.attrs['id'] ?? '', ...attributes }, content))
  return true
}

/** Answers with an error. */
export function answerError(connection: Connection, iq: BinaryNode, code: number, text: string): true {
  connection.send(stanza('iq', { from: SERVER_JID, type: 'error', id: iq.attrs['id'] ?? '' }, [stanza('error', { code: String(code), text })]))
  return true
}
