// Sessions and connections in PostgreSQL.
export { PostgresSessionStore } from './adapters/postgres/postgres-session-store.js'
export { postgresSchema, type PostgresSchemaOptions } from './adapters/postgres/schema-sql.js'
export type { PostgresClient, PostgresSessionStoreOptions, PostgresValue } from './adapters/postgres/postgres-client.js'
