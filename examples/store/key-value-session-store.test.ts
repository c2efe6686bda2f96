import { describe, it } from 'node:test'
import type { SessionStore } from 'baileys-sessions'
import { sessionStoreContract } from 'baileys-sessions/testing'
import { type KeyValueClient, keyValueSessionStore } from './key-value-session-store.js'

/** Stands in for a server's client, which several stores may share. */
class MapClient implements KeyValueClient {
  readonly entries = new Map<string, string>()
  isDown = false

  get = async (key: string): Promise<string | undefined> => this.#reach().get(key)
  set = async (key: string, value: string): Promise<unknown> => this.#reach().set(key, value)
  delete = async (key: string): Promise<unknown> => this.#reach().delete(key)
  keys = async (): Promise<string[]> => [...this.#reach().keys()]

  #reach(): Map<string, string> {
    if (this.isDown) throw new Error('connect ECONNREFUSED')
    return this.entries
  }
}

const open = (client: MapClient): SessionStore & { client: MapClient } => Object.assign(keyValueSessionStore(client), { client })

const cases = sessionStoreContract(() => open(new MapClient()), {
  reopen: ({ client }) => open(client),
  corrupt: ({ client }, sessionId) => {
    client.entries.set(JSON.stringify(sessionId), '[{"type":')
  },
  disconnect: ({ client }) => {
    client.isDown = true
    return () => {
      client.isDown = false
    }
  },
})

describe('keyValueSessionStore', () => {
  for (const { name, run } of cases) it(name, run)
})
