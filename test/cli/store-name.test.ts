import { posix, win32 } from 'node:path'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/cli/command-environment.js'
import { parseStoreName, type StoreName } from '../../src/cli/store-name.js'

const name = (text: string): StoreName => parseStoreName(text, '/srv/app', posix)
const nameOnWindows = (text: string): StoreName => parseStoreName(text, 'D:\\app', win32)

describe('the name of a store', () => {
  it.each([
    ['fs:./sessions', { kind: 'fs', path: '/srv/app/sessions', prefix: 'session-' }],
    ['fs:/var/lib/sessions', { kind: 'fs', path: '/var/lib/sessions', prefix: 'session-' }],
    ['fs:./sessions?prefix=', { kind: 'fs', path: '/srv/app/sessions', prefix: '' }],
    ['fs:./sessions?prefix=wa-', { kind: 'fs', path: '/srv/app/sessions', prefix: 'wa-' }],
    ['fs:./what?', { kind: 'fs', path: '/srv/app/what?', prefix: 'session-' }],
    ['fs:a b:c', { kind: 'fs', path: '/srv/app/a b:c', prefix: 'session-' }],
    ['sqlite:./sessions.db', { kind: 'sqlite', path: '/srv/app/sessions.db' }],
    ['sqlite:/a?prefix=b', { kind: 'sqlite', path: '/a?prefix=b' }],
  ])('%s', (text, expected) => {
    expect(name(text)).toEqual({ text, ...expected })
  })

  it.each([
    ['fs:C:\\Users\\me\\sessions', 'C:\\Users\\me\\sessions'],
    ['fs:sessions', 'D:\\app\\sessions'],
    ['fs:..\\sessions', 'D:\\sessions'],
    ['fs:\\\\server\\share\\sessions', '\\\\server\\share\\sessions'],
    ['fs:\\\\?\\C:\\sessions?prefix=', '\\\\?\\C:\\sessions'],
    ['sqlite:C:\\sessions.db', 'C:\\sessions.db'],
  ])('%s on Windows', (text, path) => {
    expect(nameOnWindows(text)).toMatchObject({ path })
  })

  it.each([
    ['./sessions', '"./sessions" does not say what kind of store it is. Write a store as fs:./sessions or sqlite:./sessions.db.'],
    ['C:\\sessions', '"C:\\sessions" does not say what kind of store it is. Write a store as fs:./sessions or sqlite:./sessions.db.'],
    ['redis:localhost', 'Unknown kind of store "redis". Write a store as fs:./sessions or sqlite:./sessions.db.'],
    ['fs:', '"fs:" has no path. Write a store as fs:./sessions or sqlite:./sessions.db.'],
    ['fs:?prefix=a', '"fs:?prefix=a" has no path. Write a store as fs:./sessions or sqlite:./sessions.db.'],
    ['fs:./a?suffix=b', 'After the "?", "fs:./a?suffix=b" may contain "prefix" once and nothing else.'],
    ['fs:./a?prefix=b&prefix=c', 'After the "?", "fs:./a?prefix=b&prefix=c" may contain "prefix" once and nothing else.'],
    ['fs:a\0b', 'A store path cannot contain a NUL character.'],
  ])('%j is refused', (text, message) => {
    expect(() => name(text)).toThrow(new UsageError(message))
  })
})
