// Sessions and connections in a SQLite database.
export { SqliteSessionStore } from './adapters/sqlite/sqlite-session-store.js'
export { SqliteConnectionRepository } from './adapters/sqlite/sqlite-connection-repository.js'
export { openSqliteDatabase, type OpenSqliteOptions } from './adapters/sqlite/open-sqlite-database.js'
export type { SqliteOptions, SqliteSessionStoreOptions } from './adapters/sqlite/sqlite-database.js'
export type { SqliteDatabase, SqliteStatement, SqliteValue } from './adapters/sqlite/sqlite-database.js'
