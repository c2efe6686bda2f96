import { describe, expect, it } from 'vitest'
import { ALL_STATUS_REASONS, STATUS_REASONS, unreadableReason, type StatusReason, type StatusReasonFacts } from '../../../src/status/status-reasons.js'

const reasonsWith = (test: (facts: StatusReasonFacts) => boolean): StatusReason[] => ALL_STATUS_REASONS.filter((reason) => test(STATUS_REASONS[reason]))

describe('STATUS_REASONS', () => {
  it('names the reason of each code that says that records cannot be used, and of no other', () => {
    expect((['RECORD_CORRUPT', 'WRONG_KEY', 'LEGACY_SESSION'] as const).map(unreadableReason)).toEqual(['credentials_corrupt', 'wrong_key', 'legacy_session'])
    expect((['STORE_UNAVAILABLE', 'CONNECT_FAILED', 'NOT_PAIRED', 'BAILEYS_UNSUPPORTED'] as const).map(unreadableReason)).toEqual([null, null, null, null])
  })

  it('gives a code of its own to each reason that records cannot be used for: the code leads back to it', () => {
    for (const reason of reasonsWith(({ unreadable }) => unreadable === true)) {
      const { errorCode } = STATUS_REASONS[reason]
      expect(unreadableReason(errorCode)).toBe(reason)
      expect(reasonsWith((facts) => facts.errorCode === errorCode)).toEqual([reason])
    }
  })

  it('a sentence that promises another attempt has another one for a session at rest', () => {
    const promises = /trying again|waiting before/i
    for (const { message, atRest } of Object.values(STATUS_REASONS)) {
      if (promises.test(message)) expect(atRest, message).toBeDefined()
      if (atRest !== undefined) expect(atRest).not.toMatch(promises)
    }
  })
})
