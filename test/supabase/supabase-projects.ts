import { createClient, type SupabaseClient } from '@supabase/supabase-js'
import { inject } from 'vitest'
import { postgresConnectionsTable } from '../../src/adapters/postgres/connections-table.js'
import { SupabaseConnectionRepository } from '../../src/adapters/supabase/supabase-connection-repository.js'
import type { ConnectionRepositoryContractHooks } from '../../src/testing/index.js'
import { newSchema } from '../postgres/postgres-subjects.js'
import { PostgrestServer } from '../support/postgrest/postgrest-server.js'

/** A project of its own, over the PostgreSQL server of the tests. */
export async function startProject(): Promise<PostgrestServer> {
  return PostgrestServer.start({ postgresUrl: inject('postgresUrl'), schema: newSchema() })
}

/** Tables of which nothing is known. */
interface AnyTables {
  Tables: Record<string, { Row: Record<string, unknown>; Insert: Record<string, unknown>; Update: Record<string, unknown>; Relationships: [] }>
  Views: Record<string, never>
  Functions: Record<string, never>
}

interface Schemas {
  public: AnyTables
  app: AnyTables
}

/** A client of supabase-js, in the way the tests use it. */
export type ProjectClient = SupabaseClient<Schemas>

/** Before Node 22 supabase-js makes no client without a WebSocket, even where nothing is listened to. */
class UnusedWebSocket {
  readonly CONNECTING = 0
  readonly OPEN = 1
  readonly CLOSING = 2
  readonly CLOSED = 3
  readonly readyState = 3
  readonly url = ''
  readonly protocol = ''
  readonly onopen = null
  readonly onmessage = null
  readonly onclose = null
  readonly onerror = null
  readonly close = (): void => undefined
  readonly send = (): void => undefined
  readonly addEventListener = (): void => undefined
  readonly removeEventListener = (): void => undefined
}

/** A client as the documentation says to make one. */
export function clientOf(project: PostgrestServer, key: string = project.keys.secret, fetch: typeof globalThis.fetch = globalThis.fetch): ProjectClient {
  return createClient<Schemas>(project.url, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    global: { fetch },
    realtime: { transport: UnusedWebSocket },
  })
}

/** A client whose server can be taken away. */
interface Place {
  readonly table: string
  isCutOff: boolean
}

/** What the contract is run on in one project. */
export class SupabaseSubjects {
  readonly #project: PostgrestServer
  readonly #places = new WeakMap<SupabaseConnectionRepository, Place>()

  constructor(project: PostgrestServer) {
    this.#project = project
  }

  /** A repository over a new table, or over that of another. */
  readonly open = async (table?: string): Promise<SupabaseConnectionRepository> => {
    const place = { table: table ?? newSchema(), isCutOff: false }
    if (table === undefined) await this.#project.run(postgresConnectionsTable({ table: place.table }))
    const client = clientOf(this.#project, this.#project.keys.secret, async (input, init) => {
      if (place.isCutOff) throw new TypeError('fetch failed', { cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }) })
      return fetch(input, init)
    })
    const repository = new SupabaseConnectionRepository({ client, table: place.table })
    this.#places.set(repository, place)
    return repository
  }

  readonly hooks: ConnectionRepositoryContractHooks<SupabaseConnectionRepository> = {
    reopen: (repository) => this.open(this.#placeOf(repository).table),
    disconnect: (repository) => {
      const place = this.#placeOf(repository)
      place.isCutOff = true
      return () => {
        place.isCutOff = false
      }
    },
    dispose: (repository) => this.#project.run(`DROP TABLE IF EXISTS ${this.#placeOf(repository).table}`),
  }

  #placeOf(repository: SupabaseConnectionRepository): Place {
    const place = this.#places.get(repository)
    if (place === undefined) throw new Error('It was not opened here.')
    return place
  }
}
