import { expect, it } from 'vitest'
import { mayNotSeeAllRows } from '../../../../src/adapters/supabase/supabase-key.js'

const token = (claims: unknown): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`
const user = { Authorization: `Bearer ${token({ role: 'authenticated' })}` }
const service = token({ role: 'service_role' })

it.each([
  ['a secret key', { supabaseKey: 'sb_secret_x' }, false],
  ['a service-role token', { supabaseKey: service }, false],
  ['a publishable key', { supabaseKey: 'sb_publishable_x' }, true],
  ['an anon token', { supabaseKey: token({ role: 'anon' }) }, true],
  ['a token without a role', { supabaseKey: token(null) }, true],
  ['what is no key at all', { supabaseKey: 'a.!.b' }, true],
  ['a user in the headers of a secret key', { supabaseKey: 'sb_secret_x', headers: user }, true],
  ['a service role in the headers of an anon key', { supabaseKey: 'sb_publishable_x', headers: new Headers({ authorization: `bearer ${service}` }) }, false],
  ['other headers', { supabaseKey: 'sb_secret_x', headers: { 'X-Client-Info': 'x' } }, false],
  ['tokens of somebody else', { supabaseKey: 'sb_secret_x', accessToken: async () => null }, true],
  ['a client that shows no key', {}, false],
])('%s', (_what, client, mayNot) => {
  expect(mayNotSeeAllRows(client)).toBe(mayNot)
})
