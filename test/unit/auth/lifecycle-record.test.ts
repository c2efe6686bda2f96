import { describe, expect, it } from 'vitest'
import { decodeLifecycle, encodeLifecycle, freshLifecycle, type Lifecycle } from '../../../src/auth/lifecycle-record.js'

const at = new Date('2026-01-02T03:04:05.678Z')
const fresh = freshLifecycle('identity')

describe('the lifecycle record', () => {
  it.each<[name: string, lifecycle: Lifecycle]>([
    ['fresh', fresh],
    ['of nothing', freshLifecycle(null)],
    ['stopped', { ...fresh, desired: 'stopped' }],
    ['logged out', { ...fresh, loggedOutAt: at }],
    ['restricted until', { ...fresh, verdict: { kind: 'restricted', until: at } }],
    ['restricted', { ...fresh, verdict: { kind: 'restricted', until: null } }],
    ['rate limited', { ...fresh, verdict: { kind: 'rate_limited', until: at } }],
    ['all of it', { desired: 'stopped', loggedOutAt: at, verdict: { kind: 'restricted', until: at }, identity: 'x' }],
  ])('%s: goes there and back', (_name, lifecycle) => {
    expect(decodeLifecycle(encodeLifecycle(lifecycle))).toEqual(lifecycle)
  })

  it('names its version', () => {
    expect(JSON.parse(encodeLifecycle(fresh))).toMatchObject({ version: 1 })
  })

  it.each(['', '{', 'null', '[]', '7', '"x"', '{}', '{"desired":"perhaps"}'])('%j is none', (text) => {
    expect(decodeLifecycle(text)).toBeNull()
  })

  it.each<[name: string, fields: Record<string, unknown>, read: Partial<Lifecycle>]>([
    ['a date that is none', { loggedOutAt: 'yesterday' }, { loggedOutAt: null }],
    ['a date that is a number', { loggedOutAt: 5 }, { loggedOutAt: null }],
    ['a verdict of another kind', { verdict: { kind: 'odd', until: null } }, { verdict: null }],
    ['a verdict that is a text', { verdict: 'restricted' }, { verdict: null }],
    ['a verdict with a bad date', { verdict: { kind: 'restricted', until: 'soon' } }, { verdict: { kind: 'restricted', until: null } }],
    ['an identity that is none', { identity: 7 }, { identity: null }],
    ['fields of a later version', { version: 2, more: true }, {}],
  ])('reads past %s', (_name, fields, read) => {
    expect(decodeLifecycle(JSON.stringify({ desired: 'running', ...fields }))).toEqual({ ...freshLifecycle(null), ...read })
  })
})
