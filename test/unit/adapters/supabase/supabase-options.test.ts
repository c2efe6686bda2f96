import { expect, it } from 'vitest'
import { SupabaseConnectionRepository, type SupabaseConnectionRepositoryOptions } from '../../../../src/supabase.js'

const client = { from: () => undefined, supabaseKey: 'sb_secret_x' }

// As code without types may call it.
const open = (options: unknown): SupabaseConnectionRepository => new SupabaseConnectionRepository(options as SupabaseConnectionRepositoryOptions)

it.each([
  [{}, /"client"/u],
  [{ client: {} }, /"client.from"/u],
  [{ client, table: 7 }, /"table" must be a name/u],
  [{ client, table: '' }, /"table" must be a name/u],
  [{ client, column: {} }, /Did you mean "columns"/u],
  [{ client, columns: { phoneNo: 'x' } }, /Did you mean "columns.phoneNumber"/u],
  [{ client, columns: { sessionId: null } }, /"columns.sessionId" must name a column/u],
  [{ client, columns: { sessionId: 'my.id' } }, /without a dot/u],
])('options that cannot be used are refused at once: %j', (options, message) => {
  expect(() => open(options)).toThrow(message)
})
