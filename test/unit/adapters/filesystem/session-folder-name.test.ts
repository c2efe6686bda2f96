import { describe, expect, it } from 'vitest'
import {
  assertSessionId,
  canonicalFolderName,
  HIDDEN_FOLDER,
  literalFolderName,
  sessionIdOfFolder,
} from '../../../../src/adapters/filesystem/session-folder-name.js'
import { seededRandom } from '../../../support/seeded-random.js'

describe('invariant 14: the name of a session folder', () => {
  it.each([
    ['company_5', 'session-company_5'],
    ['5511999@x', 'session-5511999@x'],
    ['a b', 'session-a b'],
    ['a.b-c+d=e', 'session-a.b-c+d=e'],
    ['CON', 'session-CON'],
    ['__proto__', 'session-__proto__'],
    ['a/b', 'session-a%2Fb'],
    ['a__b', 'session-a__b'],
    ['a\\b', 'session-a%5Cb'],
    ['a:b', 'session-a%3Ab'],
    ['..', 'session-%2E%2E'],
    ['.', 'session-%2E'],
    ['../x', 'session-%2E.%2Fx'],
    ['%2e', 'session-%252e'],
    ['a\0b', 'session-a%00b'],
    ['a\nb', 'session-a%0Ab'],
    ['*?"<>|', 'session-%2A%3F%22%3C%3E%7C'],
    [' a ', 'session-%20a%20'],
    ['a.', 'session-a%2E'],
    ['é', 'session-%C3%A9'],
    ['🙂', 'session-%F0%9F%99%82'],
  ])('of %j is %s', (sessionId, name) => {
    expect(canonicalFolderName('session-', sessionId)).toBe(name)
    expect(sessionIdOfFolder('session-', name)).toBe(sessionId)
  })

  it.each([
    ['CON', '%43ON'],
    ['nul.json', '%6Eul.json'],
    ['com1', '%63om1'],
    ['console', 'console'],
    ['.baileys-sessions', '%2Ebaileys-sessions'],
  ])('of %j without a prefix is %s', (sessionId, name) => {
    expect(canonicalFolderName('', sessionId)).toBe(name)
    expect(sessionIdOfFolder('', name)).toBe(sessionId)
  })

  it.each(['', 'other', 'session', 'session-', HIDDEN_FOLDER])('%j is no folder of a session', (name) => {
    expect(sessionIdOfFolder('session-', name)).toBeNull()
  })

  it('is never the hidden folder', () => {
    expect(sessionIdOfFolder('', HIDDEN_FOLDER)).toBeNull()
    expect(literalFolderName('', HIDDEN_FOLDER)).toBeNull()
  })

  it.each([
    ['josé', 'session-josé'],
    ['a%b', 'session-a%b'],
    ['a%20b', 'session-a%20b'],
    ['a.', 'session-a.'],
    ['company_5', null],
    ['a/b', null],
    ['a\\b', null],
    ['a\0b', null],
    // The folder `session-a%2Fb` is that of `a/b`, so it cannot also be that of `a%2Fb`.
    ['a%2Fb', null],
  ])('that stock code gave %j may be used when it is there: %j', (sessionId, name) => {
    expect(literalFolderName('session-', sessionId)).toBe(name)
    if (name !== null) expect(sessionIdOfFolder('session-', name)).toBe(sessionId)
  })

  it.each(['..', '.', '/', '../x', 'a/../b'])('without a prefix, %j never stands for itself', (sessionId) => {
    expect(literalFolderName('', sessionId)).toBeNull()
  })

  it.each(['', '\ud800', 'a\udc00b'])('refuses %j', (sessionId) => {
    expect(() => assertSessionId(sessionId)).toThrow(expect.objectContaining({ code: 'INVALID_SESSION_ID' }))
  })

  it('is different for every id, leads back to it, and is plain', () => {
    const random = seededRandom()
    const pieces = ['a', 'A', '.', ' ', '%', '2', 'F', '2F', '/', '\\', ':', 'é', 'e\u0301', '🙂', '\0', '-', '_', '~', 'CON', '..', '%41'] as const
    const seen = new Map<string, string>()
    for (let round = 0; round < 5000; round++) {
      const sessionId = Array.from({ length: 1 + random.below(6) }, () => random.pick(pieces)).join('')
      for (const prefix of ['session-', '']) {
        const name = canonicalFolderName(prefix, sessionId)
        const about = `seed ${random.seed}: ${JSON.stringify(sessionId)} → ${name}`
        expect(name, about).toMatch(/^[\x20-\x7e]+$/)
        expect(name, about).not.toMatch(/[/\\:*?"<>|]|^[. ]|[. ]$|^(con|nul)(\.|$)/i)
        expect(seen.get(name) ?? sessionId, about).toBe(sessionId)
        expect(sessionIdOfFolder(prefix, name), about).toBe(sessionId)
        seen.set(name, sessionId)
      }
    }
  })
})
