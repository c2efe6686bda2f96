import { describe, expect, it } from 'vitest'
import { readDisconnectCause } from '../../src/disconnect/disconnect-cause.js'
import { DISCONNECT_DECISIONS, type DisconnectDecision } from '../../src/disconnect/disconnect-decision.js'
import { DEFAULT_SESSION_MANAGER_OPTIONS } from '../../src/index.js'
import { allCauses, codesOf, describeDecision, describeStanding } from './decision-words.js'
import { codeIn, readPage, tableOf } from './markdown.js'

const page = readPage('docs/disconnects.md')
const { replacedDelayMs, rateLimitCoolDownMs } = DEFAULT_SESSION_MANAGER_OPTIONS

describe('what happens when', () => {
  const { rows } = tableOf(page, 'what happened', 'code', 'what the library does', 'status and reason', 'credentials')
  const rowOf = new Map(rows.map(([what = '', ...cells]) => [codeIn(what)[0], cells]))

  it('has one row for each cause', () => {
    expect([...rowOf.keys()].sort()).toEqual(allCauses().sort())
    expect(rows.length).toBe(allCauses().length)
  })

  it.each(allCauses())('tells the truth about %s', (cause) => {
    const decision = DISCONNECT_DECISIONS[cause]
    const [codes = '', does, standing, credentials] = rowOf.get(cause) ?? []
    expect({ does, standing }).toEqual({ does: describeDecision(decision), standing: describeStanding(decision) })
    expect((codes.match(/\d+/gu) ?? []).map(Number)).toEqual(codesOf(cause))
    const others: Record<string, string> = {
      pairing_expired: 'nothing was paired',
      pairing_rejected: 'nothing was paired',
      registration_closed: 'nothing was paired',
      intentional_logout: 'deleted by `logout` itself',
    }
    expect(credentials).toBe(others[cause] ?? 'kept')
  })
})

describe('how the cause is found', () => {
  const { rows } = tableOf(page, 'code', 'message', 'paired', 'cause')
  // "..." stands for more text; a row without a message takes any.
  const cases = rows.flatMap(([codes = '', message = '', paired = '', cause = '']) =>
    codesIn(codes).flatMap((code) => pairedIn(paired).map((isPaired) => ({ code, message, isPaired, cause: codeIn(cause)[0] }))),
  )

  it.each(cases)('reads code $code, message "$message", paired $isPaired as $cause', ({ code, message, isPaired, cause }) => {
    expect(
      readDisconnectCause(
        { code, message: message === '' ? 'Closed' : message.replace('...', 'something'), attributes: {}, at: new Date(0) },
        { paired: isPaired },
      ),
    ).toBe(cause)
  })

  it('leaves out no code and no cause', () => {
    const { rows: signs } = tableOf(page, 'sign', 'cause', '`code` in the event')
    const told = new Set([...rows.map((row) => codeIn(row[3] ?? '')[0]), ...signs.map((row) => codeIn(row[1] ?? '')[0])])
    expect([...told].sort()).toEqual(allCauses().sort())
    const codes = new Set(cases.map(({ code }) => code))
    expect(
      allCauses()
        .flatMap(codesOf)
        .filter((code) => !codes.has(code)),
    ).toEqual([])
  })
})

describe('how often, and for how long', () => {
  const { rows } = tableOf(page, 'cause', 'spacing', 'at the end of it', 'remembered across restarts')

  it('tells what the table of decisions holds', () => {
    expect(rows).toEqual(
      Object.entries(DISCONNECT_DECISIONS).map(([cause, decision]) => [
        `\`${cause}\``,
        spacingOf(decision),
        endOf(decision),
        isRemembered(decision) ? 'yes' : 'no',
      ]),
    )
  })
})

function codesIn(cell: string): (number | null)[] {
  if (cell === 'none') return [null]
  const codes = (cell.match(/\d+/gu) ?? []).map(Number)
  return codes.length > 0 ? codes : [409, 419, 516, 599]
}

function pairedIn(cell: string): boolean[] {
  return cell === 'any' ? [true, false] : [cell === 'yes']
}

function spacingOf(decision: DisconnectDecision): string {
  switch (decision.action) {
    case 'redial':
      return '0, 0, back-off'
    case 'back-off':
      return decision.stretch === 1 ? 'back-off' : `${decision.stretch} × back-off`
    case 'retry-once':
      return `${replacedDelayMs / 1000} s`
    case 'cool-down':
      return `${rateLimitCoolDownMs / 60_000} min`
    case 'stop':
      return ''
  }
}

function endOf(decision: DisconnectDecision): string {
  if (decision.action === 'stop') return `\`${decision.status}\` \`${decision.reason}\``
  if (decision.action === 'retry-once') return `\`failed\` \`${decision.reason}\``
  // That the retries are used up, or the store is still away, is no end of its own.
  if (decision.action !== 'back-off' || decision.exhausted === 'retries_exhausted' || (decision.exhausted === decision.reason && decision.limit === Infinity))
    return ''
  return decision.limit === Infinity ? `\`disconnected\` \`${decision.exhausted}\`` : `\`failed\` \`${decision.exhausted}\`; while pairing \`disconnected\``
}

function isRemembered(decision: DisconnectDecision): boolean {
  return decision.action === 'cool-down' || (decision.action === 'stop' && decision.remember)
}
