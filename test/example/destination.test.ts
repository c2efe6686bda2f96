import { describe, expect, it } from 'vitest'
import { destinationOf } from '../../examples/express/cluster/destination.js'

const MINE = 'http://127.0.0.1:3000'
const OTHER = 'http://127.0.0.1:3001'
const MEMBERS = [
  { address: MINE, isLocal: true },
  { address: OTHER, isLocal: false },
  { address: null, isLocal: false },
]

describe('where a request for a session goes', () => {
  it('stays here when the session runs here, or nowhere', () => {
    expect(destinationOf({ isLocal: true }, MEMBERS, false)).toEqual({ kind: 'here' })
    expect(destinationOf({ isLocal: true }, MEMBERS, true)).toEqual({ kind: 'here' })
  })

  it('goes to the process that runs the session', () => {
    expect(destinationOf({ isLocal: false, ownerAddress: OTHER }, MEMBERS, false)).toEqual({ kind: 'member', address: OTHER })
  })

  it('goes on once only', () => {
    for (const ownerAddress of [OTHER, MINE, 'http://127.0.0.1:9', undefined])
      expect(destinationOf({ isLocal: false, ownerAddress }, MEMBERS, true)).toEqual({ kind: 'missed' })
  })

  it('goes to no address that is not of a member', () => {
    for (const ownerAddress of ['http://169.254.169.254', `${OTHER}/`, `${OTHER}@evil.example`, ''])
      expect(destinationOf({ isLocal: false, ownerAddress }, MEMBERS, false)).toEqual({ kind: 'here' })
    expect(destinationOf({ isLocal: false, ownerAddress: OTHER }, [], false)).toEqual({ kind: 'here' })
  })

  it('stays here when nobody knows where its process is reached', () => {
    expect(destinationOf({ isLocal: false }, MEMBERS, false)).toEqual({ kind: 'here' })
  })

  it('does not come back to this process, as when the one before had the same address', () => {
    expect(destinationOf({ isLocal: false, ownerAddress: MINE }, MEMBERS, false)).toEqual({ kind: 'here' })
    expect(destinationOf({ isLocal: false, ownerAddress: MINE }, [...MEMBERS, { address: MINE, isLocal: false }], false)).toEqual({ kind: 'here' })
  })
})
