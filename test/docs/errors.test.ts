import { expect, it } from 'vitest'
import { isSessionError, MemorySessionStore, SessionManager, silentLogger } from '../../src/index.js'
import { FakeBaileys } from '../../src/testing/index.js'
import { wordsOf } from './declarations.js'
import { codeIn, readPage, tableOf } from './markdown.js'

const page = readPage('docs/errors.md')

it('has one row for each code, in order', () => {
  const { rows } = tableOf(page, 'code', 'where you meet it', 'what the library does', 'what to do')
  expect(rows.map(([code = '']) => codeIn(code)[0])).toEqual(wordsOf('src/errors.ts', 'SessionErrorCode'))
})

it('shows the message of an option that makes no sense as it is', () => {
  const store = new MemorySessionStore()
  expect(() => new SessionManager({ store, retry: { maxRetries: -1 } })).toThrow(RangeError)
  const [, message = ''] = /\/\/ RangeError: (.+)\n/u.exec(page.text) ?? []
  expect(() => new SessionManager({ store, retry: { maxRetries: -1 } })).toThrow(message)
})

it('tells where an error goes that no caller hears of: to the listeners, and to the logger as well', async () => {
  expect(page.text).toContain('comes as an `error` event, with the same class. The `logger` gets it too, with a listener or without.')
  const warnings: unknown[] = []
  const logger = {
    ...silentLogger(),
    warn: (details: unknown) => {
      warnings.push(details)
    },
  }
  const heard: string[] = []
  await using sessions = new SessionManager({ store: new MemorySessionStore(), baileys: new FakeBaileys(), logger })
  sessions.on('error', ({ error }) => {
    heard.push(error.code)
  })
  sessions.on('status', () => {
    throw new Error('a mistake of the application')
  })
  const connecting = sessions.connect('a')
  await sessions.stop('a')
  await connecting.catch(() => undefined)
  expect(heard).toContain('LISTENER_FAILED')
  expect(warnings).toContainEqual(expect.objectContaining({ code: 'LISTENER_FAILED' }))
})

it('tells what ids are taken', async () => {
  await using sessions = new SessionManager({ store: new MemorySessionStore() })
  await expect(sessions.getStatus('x'.repeat(128))).resolves.toMatchObject({ reason: 'never_paired' })
  for (const sessionId of ['', 'x'.repeat(129), 'a\nb']) {
    await expect(sessions.getStatus(sessionId)).rejects.toSatisfy((error) => isSessionError(error, 'INVALID_SESSION_ID'))
  }
})
