import { createClient, type SupabaseClient } from '@supabase/supabase-js'
import { expectTypeOf, test } from 'vitest'
import type { SupabaseConnectionRepositoryOptions, SupabaseTableClient } from '../../src/supabase.js'

/** As `supabase gen types` writes it. */
interface Database {
  public: {
    Tables: {
      whatsapp_connections: {
        Row: { session_id: string; tenant: number }
        Insert: { session_id: string; tenant: number }
        Update: { session_id?: string; tenant?: number }
        Relationships: []
      }
    }
    Views: Record<string, never>
    Functions: Record<string, never>
  }
}

test('a client of supabase-js can be given as it is declared, whether it knows the tables or not', () => {
  expectTypeOf<SupabaseClient>().toExtend<SupabaseConnectionRepositoryOptions['client']>()
  expectTypeOf<SupabaseClient<Database>>().toExtend<SupabaseTableClient>()
})

test('a client can be made in the place where it is given', () => {
  const options = (): SupabaseConnectionRepositoryOptions => ({ client: createClient('http://127.0.0.1', 'key') })
  expectTypeOf(options).returns.toExtend<SupabaseConnectionRepositoryOptions>()
})

test('what has no tables cannot', () => {
  expectTypeOf<{ from(table: string): string }>().not.toExtend<SupabaseTableClient>()
  expectTypeOf<{ query(text: string): void }>().not.toExtend<SupabaseTableClient>()
})
