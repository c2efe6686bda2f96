import { describe, expect, it } from 'vitest'
import { judgeServer } from '../../../../src/adapters/redis/server-check.js'

function info(fields: Record<string, string> = {}): string {
  const all = { redis_version: '7.0.15', maxmemory_policy: 'noeviction', aof_enabled: '1', role: 'master', cluster_enabled: '0', ...fields }
  return Object.entries(all)
    .map(([name, value]) => `${name}:${value}\r\n`)
    .join('')
}

describe('a server', () => {
  it('that appends to a file and evicts nothing is good', () => {
    expect(judgeServer({ info: info(), savePoints: null })).toEqual({ refusal: null, warnings: [] })
  })

  it.each([
    [{ cluster_enabled: '1' }, /Redis Cluster \(cluster_enabled:1\), which is not supported/],
    [{ maxmemory_policy: 'allkeys-lru' }, /maxmemory-policy allkeys-lru.*noeviction/],
    [{ maxmemory_policy: 'allkeys-random' }, /allkeys-random/],
    [{ maxmemory_policy: 'optimistic-volatile' }, /optimistic-volatile/],
    [{ role: 'slave' }, /replica \(role:slave\)/],
  ])('that says %j is refused', (fields, refusal) => {
    expect(judgeServer({ info: info(fields), savePoints: null }).refusal).toMatch(refusal)
  })

  it.each([
    ['evicts keys with an expiry', info({ maxmemory_policy: 'volatile-ttl' }), null, /maxmemory-policy volatile-ttl.*noeviction/],
    ['keeps nothing', info({ aof_enabled: '0' }), '', /keeps nothing on a disk/],
    ['may keep nothing', info({ aof_enabled: '0' }), null, /may not ask whether it saves snapshots/],
    ['tells nothing', null, null, /does not let this user look at its settings/],
  ])('that %s is used with a warning', (_, text, savePoints, warning) => {
    expect(judgeServer({ info: text, savePoints })).toEqual({ refusal: null, warnings: [expect.stringMatching(warning)] })
  })

  it('that saves snapshots is used without one', () => {
    expect(judgeServer({ info: info({ aof_enabled: '0' }), savePoints: '3600 1' })).toEqual({ refusal: null, warnings: [] })
  })
})
