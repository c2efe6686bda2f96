// Connections in a table of Supabase.
export { SupabaseConnectionRepository, type SupabaseConnectionRepositoryOptions } from './adapters/supabase/supabase-connection-repository.js'
export type { ConnectionColumns } from './adapters/postgres/connection-columns.js'
export type { SupabaseAnswer, SupabaseTable, SupabaseTableClient } from './adapters/supabase/supabase-client.js'
