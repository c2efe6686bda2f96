// Sessions and connections in PostgreSQL.
export { PostgresSessionStore } from './adapters/postgres/postgres-session-store.js'
export { PostgresConnectionRepository, type PostgresConnectionRepositoryOptions } from './adapters/postgres/postgres-connection-repository.js'
export { postgresConnectionsTable } from './adapters/postgres/connections-table.js'
export type { ConnectionColumns } from './adapters/postgres/connection-columns.js'
export { postgresSchema, type PostgresSchemaOptions } from './adapters/postgres/schema-sql.js'
export type { PostgresClient, PostgresResult, PostgresSessionStoreOptions, PostgresValue } from './adapters/postgres/postgres-client.js'
