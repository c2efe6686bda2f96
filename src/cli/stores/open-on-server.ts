import type { SessionStore } from '../../store/session-store.js'
import { CommandError } from '../command-environment.js'
import { type Driver, loadDriver } from './load-driver.js'
import { explainFailure, type ServerAddress } from './server-address.js'
import type { OpenedStore, StoreServer } from './store-name.js'

/** A connection to a server. */
interface Connection {
  close(): void | Promise<void>
}

/** How a store on a server is opened. */
interface ServerOpening<Opened extends Connection> {
  /** The engine, for messages. */
  readonly engine: string
  readonly drivers: readonly Driver<Opened>[]
  readonly address: ServerAddress
  /** Makes the store on a connection. Rejects when it is not there. */
  readonly open: (connection: Opened) => Promise<{ readonly store: SessionStore & { close(): Promise<void> }; readonly server: StoreServer }>
}

/** Connects with the first driver that is installed, and opens the store. The connection is closed with the store, or when that fails. */
export async function openOnServer<Opened extends Connection>({ engine, drivers, address, open }: ServerOpening<Opened>): Promise<OpenedStore> {
  const connect = await loadDriver(engine, drivers)
  const connection = await connect(address.url).catch((error: unknown): never => {
    throw new CommandError(`Could not connect to ${address.text}: ${explainFailure(address, error)}.`)
  })
  try {
    const { store, server } = await open(connection)
    return { store, server, removeTraces: async () => [], close: () => store.close().finally(() => connection.close()) }
  } catch (error) {
    await connection.close()
    throw error
  }
}
