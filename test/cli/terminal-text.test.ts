import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hidePasswordOf, hidePasswords, maskNumber, maskPrivate, plainJson, plainText } from '../../src/cli/terminal-text.js'
import { Printer } from '../../src/cli/printer.js'

/** What a terminal would act on, or show as something else. */
const ACTIVE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom('\u001B[2J', 'a\rb', '\u009B31m', '\u202Egnp', '\u2028', '\uD800', '\u{E0041}', 'a\u200Bb'),
)

describe('text from elsewhere', () => {
  it('cannot do anything to a terminal', () => {
    fc.assert(fc.property(anyText, (text) => !ACTIVE.test(plainText(text))))
    expect(plainText('a\u001B[31mb\n\u202Ec')).toBe('a\\u{1b}[31mb\\u{a}\\u{202e}c')
  })

  it('stays as it is where nothing is wrong with it', () => {
    expect(plainText('Zoë 10 % – 日本 🙂 a/b\\c')).toBe('Zoë 10 % – 日本 🙂 a/b\\c')
  })

  it('as JSON cannot either, and means the same', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const json = plainJson({ text })
        return !ACTIVE.test(json.replaceAll('\n', '')) && (JSON.parse(json) as { text: string }).text === text
      }),
    )
  })
})

describe('numbers', () => {
  it.each([
    ['4915112345678', '49•••••••••78'],
    ['123456', '12••56'],
    ['12345', '•••••'],
    ['', ''],
  ])('%s is shown as %s', (digits, masked) => {
    expect(maskNumber(digits)).toBe(masked)
  })

  it('in a message are masked, unless the caller typed them', () => {
    expect(maskPrivate('record 4915112345678.0 of 4420712345', ['fs:/4420712345'])).toBe('record 49•••••••••78.0 of 4420712345')
  })
})

describe('passwords', () => {
  it.each([
    ['redis://user:secret@host', 'redis://user:***@host'],
    ['redis://:secret@host:6379/1', 'redis://:***@host:6379/1'],
    ['redis://host:6379', 'redis://host:6379'],
    ['postgres://u@host/db?sslmode=require', 'postgres://u@host/db?sslmode=require'],
    ['postgres://u:p%40ss@h/db?x=1', 'postgres://u:***@h/db?x=1'],
    ['postgres://u:a/b?c#d@e@host/db', 'postgres://u:***@host/db'],
    ['postgres://h/db?user=u&password=secret&x=1', 'postgres://h/db?user=u&password=***&x=1'],
    ['postgres://h/db?sslPassword=secret', 'postgres://h/db?sslPassword=***'],
    ['fs:./a@b:c', 'fs:./a@b:c'],
  ])('%s is shown as %s', (text, shown) => {
    expect(hidePasswords(text)).toBe(shown)
    expect(hidePasswordOf(text)).toBe(shown)
    expect(hidePasswords(`connect "${text}" failed`)).toBe(`connect "${shown}" failed`)
  })

  it('with spaces and quotes are hidden in names', () => {
    expect(hidePasswordOf('redis://:a "b\n@c d@host')).toBe('redis://:***@host')
    expect(hidePasswordOf('postgres://h/db?password=a "b&x=1')).toBe('postgres://h/db?password=***&x=1')
  })

  it('are in no line beside the result, and not in messages of elsewhere', () => {
    let written = ''
    const stderr = { isTTY: true, columns: 80, write: (text: string) => void (written += text) }
    const environment = { stdout: stderr, stderr, stdin: Readable.from([]), variables: { TERM: 'dumb' }, directory: '/', signal: new AbortController().signal }
    const printer = new Printer(environment)
    printer.note('refused by redis://:secret@host')
    printer.status('trying redis://:secret@host')
    expect(written).toContain('refused by redis://:***@host')
    expect(written).toContain('trying redis://:***@host')
    expect(written).not.toContain('secret')
    expect(maskPrivate('refused by redis://:secret@host', ['redis://:secret@host'])).toBe('refused by redis://:***@host')
  })
})

describe('colors', () => {
  const print = (isTTY: boolean, variables: Record<string, string>): string => {
    let output = ''
    const stream = {
      isTTY,
      write: (text: string): void => {
        output += text
      },
    }
    const stdin = Object.assign(Readable.from([]), { isTTY })
    new Printer({ stdout: stream, stderr: stream, stdin, variables, directory: '/', signal: new AbortController().signal }).line('a\u001B[2J', 'bad')
    return output
  }

  it('are for terminals, and around text that is safe', () => expect(print(true, {})).toBe('\u001B[31ma\\u{1b}[2J\u001B[0m\n'))
  it('are for no files', () => expect(print(false, {})).toBe('a\\u{1b}[2J\n'))
  it('are not for those who set NO_COLOR', () => expect(print(true, { NO_COLOR: '1' })).toBe('a\\u{1b}[2J\n'))
  it('are for those who left it empty', () => expect(print(true, { NO_COLOR: '' })).toContain('\u001B[31m'))
  it('are not for dumb terminals', () => expect(print(true, { TERM: 'dumb' })).toBe('a\\u{1b}[2J\n'))
})
