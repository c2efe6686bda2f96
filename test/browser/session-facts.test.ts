import { describe, expect, it } from 'vitest'
import { failedAttempts, linkedPhone, sinceWhen } from '../../examples/express/public/session-facts.js'
import { HistoryKeeping } from '../../examples/express/public/history-keeping.js'
import { change, view } from './views.js'

const acme = { company_id: 'acme' }

describe('The facts of a session', () => {
  it('name no old phone while another one is being linked', () => {
    const phone = { ...acme, phone_number: '5511912345678' }
    expect(linkedPhone(view({ ...phone, status: 'pairing' }))).toBeNull()
    expect(linkedPhone(view({ ...phone, status: 'connecting', reason: 'starting' }))).toBeNull()
    expect(linkedPhone(view({ ...phone, status: 'connecting', reason: 'restoring' }))).toBe('5511912345678')
    expect(linkedPhone(view({ ...phone, status: 'connected' }))).toBe('5511912345678')
  })

  it('count failures only until it is connected', () => {
    expect(failedAttempts(view({ ...acme, status: 'reconnecting', attempt: 3 }))).toBe(3)
    expect(failedAttempts(view({ ...acme, status: 'connected', attempt: 3 }))).toBeNull()
    expect(failedAttempts(view({ ...acme, status: 'connecting', attempt: 0 }))).toBeNull()
  })

  it('begin an outage once, whatever its attempts change', () => {
    const began = change(90, 'reconnecting', 'connection_lost')
    const entries = [
      change(5, 'reconnecting', 'rate_limited'),
      change(6, 'connecting', 'connection_lost'),
      { ...change(89, 'reconnecting'), kind: 'disconnected', status: null },
      began,
      change(100, 'connected'),
      change(200, 'reconnecting', 'connection_lost'),
    ]
    expect(sinceWhen(view({ ...acme, status: 'reconnecting', reason: 'rate_limited' }), entries)).not.toBe(began.at)
    const recent = view({ ...acme, status: 'reconnecting', reason: 'rate_limited', since: entries[0]?.at ?? '' })
    expect(sinceWhen(recent, entries)).toBe(began.at)
    expect(sinceWhen({ ...recent, status: 'connecting', reason: 'connection_lost' }, entries)).toBe(began.at)
    expect(sinceWhen({ ...recent, status: 'connected', reason: null }, entries)).toBe(recent.since)
  })
})

describe('The history that a tab keeps', () => {
  function storage(): ConstructorParameters<typeof HistoryKeeping>[0] {
    const items = new Map<string, string>()
    return {
      getItem: (key) => items.get(key) ?? null,
      setItem: (key, value) => void items.set(key, value),
      removeItem: (key) => void items.delete(key),
      key: (index) => [...items.keys()][index] ?? null,
      get length() {
        return items.size
      },
    }
  }

  it('is that of each company, the newest of it, until it is forgotten', () => {
    const place = storage()
    const keeping = new HistoryKeeping(place)
    const entries = Array.from({ length: 250 }, (_, index) => change(index, 'connected'))
    keeping.keep('acme', entries)
    keeping.keep('globex', entries.slice(0, 1))
    expect(new HistoryKeeping(place).of('acme')).toEqual(entries.slice(0, 200))
    expect(keeping.of('nobody')).toEqual([])
    place.setItem('other', 'stays')
    keeping.forget()
    expect([keeping.of('acme'), keeping.of('globex'), place.getItem('other')]).toEqual([[], [], 'stays'])
  })

  it('is empty if it cannot be read', () => {
    const place = storage()
    place.setItem('history:acme', '[{"at":1}, null, 2')
    expect(new HistoryKeeping(place).of('acme')).toEqual([])
    place.setItem('history:acme', '[{"at":1}, null, 2]')
    expect(new HistoryKeeping(place).of('acme')).toEqual([])
  })
})
