import type { SupabaseClient } from '@supabase/supabase-js'
import { SupabaseConnectionRepository } from 'baileys-sessions/supabase'

/** The connections of this application, in the table that it has anyway. The names of its customers, and whose they are, stay as they are. */
export function instances(client: SupabaseClient): SupabaseConnectionRepository {
  return new SupabaseConnectionRepository({
    client,
    table: 'instances',
    columns: {
      sessionId: 'slug',
      status: 'state',
      reason: 'state_reason',
      phoneNumber: 'phone',
      lastConnectedAt: 'connected_at',
      lastDisconnect: 'last_error',
      metadata: 'settings',
      owner: null, // it has no column for the process
    },
  })
}
