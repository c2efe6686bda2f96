import { describe, expect, it } from 'vitest'
import { backOffMs } from '../../examples/express/public/back-off.js'
import { EventParser } from '../../examples/express/public/event-parser.js'
import { Language, pickLanguage } from '../../examples/express/public/language.js'
import { offeredActions } from '../../examples/express/public/offered-actions.js'
import { SessionBook } from '../../examples/express/public/session-book.js'
import { view } from './views.js'

describe('The parser of the stream of events', () => {
  const STREAM = ': hello\n\nevent: status\r\ndata: {"a":\r\ndata: 1}\r\n\r\ndata: plain\n\nevent: nothing\n\n'
  const EVENTS = [
    { name: 'status', data: '{"a":\n1}' },
    { name: 'message', data: 'plain' },
  ]

  it('takes whole events', () => {
    expect(new EventParser().push(STREAM)).toEqual(EVENTS)
  })

  it('takes them from pieces of any size', () => {
    for (let size = 1; size < STREAM.length; size += 1) {
      const parser = new EventParser()
      const pieces = STREAM.match(new RegExp(`[^]{1,${size}}`, 'gu')) ?? []
      expect(
        pieces.flatMap((piece) => parser.push(piece)),
        `pieces of ${size}`,
      ).toEqual(EVENTS)
    }
  })
})

describe('The back-off of the page', () => {
  it('doubles up to half a minute, and takes at least half of that', () => {
    expect([1, 2, 3, 6, 50].map((failures) => backOffMs(failures, () => 1))).toEqual([1000, 2000, 4000, 30_000, 30_000])
    expect([1, 2, 6].map((failures) => backOffMs(failures, () => 0))).toEqual([500, 1000, 15_000])
  })
})

describe('The language', () => {
  it('is the chosen one, else the first of the browser that there is, else English', () => {
    expect(pickLanguage('en', ['pt-BR'])).toBe('en')
    expect(pickLanguage(null, ['fr', 'PT-pt', 'en'])).toBe('pt')
    expect(pickLanguage(null, ['es-MX', 'pt-BR'])).toBe('es')
    expect(pickLanguage('xx', ['fr'])).toBe('en')
  })

  it('writes numbers and durations as people do in it', () => {
    expect(new Language('pt').translate('list.count', { connected: 1234, total: 5678 })).toBe('1.234 de 5.678 conectadas')
    expect(new Language('pt').duration(61_000)).toBe('1 min 1 s')
    expect(new Language('es').duration(90_000_000)).toBe('1 d 1 h')
  })

  it('tells durations in at most two units, rounded up', () => {
    const language = new Language('en')
    const told = [-5, 0, 1, 59_001, 61_000, 599_000, 3_599_000, 7_260_000, 90_000_000].map((durationMs) => language.duration(durationMs))
    expect(told).toEqual(['0 sec', '0 sec', '1 sec', '1 min', '1 min 1 sec', '9 min 59 sec', '59 min', '2 hr 1 min', '1 day 1 hr'])
  })
})

describe('What a person can do', () => {
  const offered = (given: Parameters<typeof view>[0]): string[] => offeredActions(view(given)).map(({ label }) => label)

  it.each([
    ['connected', null, '1', ['action.stop', 'action.logout']],
    ['disconnected', 'never_paired', null, ['action.link']],
    ['disconnected', 'pairing_expired', null, ['action.link']],
    ['disconnected', 'stopped', '1', ['action.connect', 'action.logout']],
    ['disconnected', 'stopped', null, ['action.link']],
    ['connecting', 'starting', null, ['action.cancel']],
    ['connecting', 'restoring', '1', ['action.stop']],
    ['reconnecting', 'connection_lost', '1', ['action.reconnect', 'action.stop', 'action.logout']],
    ['logged_out', 'logged_out', '1', ['action.linkAgain']],
    ['failed', 'restricted', '1', ['action.retry', 'action.logout']],
    ['pairing', null, null, ['action.cancel']],
  ] as const)('%s, %s, linked to %s', (status, reason, phone, labels) => {
    expect(offered({ company_id: 'acme', status, reason, phone_number: phone })).toEqual(labels)
  })

  it('nothing, with a session that another server runs', () => {
    expect(offered({ company_id: 'acme', status: 'disconnected', reason: 'owned_elsewhere', is_local: false })).toEqual([])
  })
})

describe('The book of sessions', () => {
  const AT = '2026-01-01T00:00:00.000Z'

  it('keeps the QR code beside a pairing code, each with its own end', () => {
    const book = new SessionBook()
    book.takeTold(view({ company_id: 'acme', status: 'pairing', pairing: { qr_svg: '<svg/>', code: null, expires_at: AT } }))
    book.takePairing({ company_id: 'acme', qr_svg: null, code: 'ABCD1234', phone_number: '5511912345678', expires_at: AT })
    book.takePairing({ company_id: 'acme', qr_svg: null, code: 'ABCD1234', expires_at: AT })
    expect(book.pairing('acme')).toEqual({
      qrSvg: { text: '<svg/>', expiresAt: Date.parse(AT) },
      code: { text: 'ABCD1234', expiresAt: Date.parse(AT), phoneNumber: '5511912345678' },
    })
  })

  it('keeps them while a view for administrators says nothing of them, and forgets them with the pairing', () => {
    const book = new SessionBook()
    book.takePairing({ company_id: 'acme', qr_svg: '<svg/>', code: null, expires_at: AT })
    book.takeTold(view({ company_id: 'acme', status: 'pairing' }))
    expect(book.pairing('acme').qrSvg?.text).toBe('<svg/>')
    book.takeTold(view({ company_id: 'acme', status: 'connecting' }))
    expect(book.pairing('acme')).toEqual({ qrSvg: null, code: null })
  })

  it('takes no answer that is older than what the stream told meanwhile', () => {
    const book = new SessionBook()
    const [early, garage] = [book.moment, view({ company_id: 'garage', status: 'connected' })]
    book.takeTold(view({ company_id: 'acme', status: 'connected' }))
    book.takeAnswer(view({ company_id: 'acme', status: 'connecting' }), early)
    book.takeAnswer(garage, early)
    expect([book.view('acme')?.status, book.view('garage')]).toEqual(['connected', garage])
    book.takeAnswer(view({ company_id: 'acme', status: 'disconnected', reason: 'owned_elsewhere' }), book.moment)
    expect(book.view('acme')?.status).toBe('disconnected')
  })
})
