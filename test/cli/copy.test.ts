import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { progressBar } from '../../src/cli/batch-report.js'
import { run } from '../../src/cli/run.js'
import { maskPrivate } from '../../src/cli/terminal-text.js'
import { CREDS_KEY, encrypted, LIFECYCLE_KEY, type SessionStore, type StoredRecord } from '../../src/index.js'
import { collect } from '../support/collect.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { runCommand } from './command-line.js'
import { fileStore, MASKED, PHONE, snapshot, storePaired } from './stored-sessions.js'

interface Places {
  folder: string
  from: string
  to: string
  source: SessionStore
}

/** A store with three sessions, and the name of one that is not there. */
async function places(): Promise<Places> {
  const folder = temporaryFolder()
  const source = fileStore(join(folder, 'from'))
  for (const id of ['a', 'b', 'c']) await storePaired(source, id)
  return { folder, from: `fs:${folder}/from`, to: `fs:${folder}/to`, source }
}

async function recordsOf(store: SessionStore, sessionId: string): Promise<StoredRecord[]> {
  const records = await store.read(sessionId, await collect(store.records(sessionId)))
  return records.sort((a, b) => `${a.type} ${a.id}`.localeCompare(`${b.type} ${b.id}`))
}

describe('copy', () => {
  it('copies every session, record by record, a line each, and changes no record of the source', async () => {
    const { folder, from, to, source } = await places()
    const before = snapshot(join(folder, 'from', 'session-a'))
    expect(await runCommand(['copy', from, to])).toEqual({
      code: 0,
      output: 'Copied 3 sessions, 0 unchanged, 0 failed.\n',
      errors: expect.stringMatching(/^(Copying \d\/3: [abc], 4 records\n){3}$/u),
    })
    const target = fileStore(join(folder, 'to'))
    for (const id of ['a', 'b', 'c']) expect(await recordsOf(target, id)).toEqual(await recordsOf(source, id))
    expect(snapshot(join(folder, 'from', 'session-a'))).toEqual(before)
    expect(await runCommand(['copy', from, to])).toMatchObject({ code: 0, output: 'Copied 0 sessions, 3 unchanged, 0 failed.\n' })
  })

  it('copies the sessions that were named, and says when one is not there', async () => {
    const { folder, from, to } = await places()
    expect(await runCommand(['copy', from, to, '--session', 'a', '--session', 'x'])).toEqual({
      code: 1,
      output: '',
      errors: 'There is no session "x" in the source. Nothing was copied.\n',
    })
    expect(existsSync(join(folder, 'to'))).toBe(false)
    expect(await runCommand(['copy', from, to, '--session', 'a', '--session', 'c'])).toMatchObject({ code: 0 })
    expect((await runCommand(['list', to])).output).toBe('a\nc\n')
  })

  it('says when the sessions of the source are under another name', async () => {
    const { folder, from, to } = await places()
    for (const name of [`${from}?prefix=company-`, `${from}/session-a`]) {
      const { code, output, errors } = await runCommand(['copy', name, to])
      expect([code, output]).toEqual([1, ''])
      expect(errors).toMatch(/(begins with "company-", but "session-a" and 2 more have|is the folder of a single session).* Nothing was copied\.\n$/u)
    }
    expect(existsSync(join(folder, 'to'))).toBe(false)
    mkdirSync(join(folder, 'empty'))
    expect(await runCommand(['copy', `fs:${folder}/empty`, to])).toEqual({ code: 0, output: 'Copied 0 sessions, 0 unchanged, 0 failed.\n', errors: '' })
  })

  it('masks no number in a path that was named, and those of contacts', async () => {
    const folder = join(temporaryFolder(), '20260301')
    const store = fileStore(join(folder, 'from'))
    await storePaired(store, 'a')
    mkdirSync(join(folder, 'from', 'session-a', `session-${PHONE}.0.json`))
    const { code, errors } = await runCommand(['copy', `fs:from`, 'fs:to'], { directory: folder })
    expect([code, errors]).toEqual([1, expect.stringContaining(`${folder}/from/session-a/session-${MASKED}.0.json`)])
  })

  it('leaves out what is run, and copies the others', async () => {
    const { from, to, source } = await places()
    const lease = await source.lock.acquire('b')
    const { code, output, errors } = await runCommand(['copy', from, to])
    expect([code, output]).toEqual([1, 'Copied 2 sessions, 0 unchanged, 1 failed.\n'])
    // What looks like a phone number is masked, and an owner's nonce may.
    expect(errors).toContain(`b: The process ${maskPrivate(lease?.owner ?? '', [])} is running session "b"`)
    expect((await runCommand(['list', to])).output).toBe('a\nc\n')
    await lease?.release()
  })

  it('replaces another identity only with --overwrite', async () => {
    const { folder, from, to, source } = await places()
    const target = fileStore(join(folder, 'to'))
    await storePaired(target, 'a')
    const before = await recordsOf(target, 'a')
    expect(await runCommand(['copy', from, to])).toMatchObject({
      code: 1,
      output: 'Copied 2 sessions, 0 unchanged, 1 failed.\n',
      errors: expect.stringContaining('a: The target already has session "a"'),
    })
    expect(await recordsOf(target, 'a')).toEqual(before)
    expect(await runCommand(['copy', from, to, '--overwrite'])).toMatchObject({ code: 0, output: 'Copied 1 session, 2 unchanged, 0 failed.\n' })
    expect(await recordsOf(target, 'a')).toEqual(await recordsOf(source, 'a'))
  })

  it('puts plain sessions among encrypted ones only with --allow-plain, wherever the encrypted ones are', async () => {
    const { folder, from, to } = await places()
    const target = fileStore(join(folder, 'to'))
    for (let index = 0; index < 25; index++) await target.write(`a${index}`, [{ ...LIFECYCLE_KEY, value: '{}' }])
    const keys = { keys: { k: Buffer.alloc(32, 1) }, currentKeyId: 'k' }
    for (const record of [
      { ...CREDS_KEY, value: 'c' },
      { ...LIFECYCLE_KEY, value: '{}' },
      { type: 'pre-key', id: '1', value: '{}' },
    ]) {
      await encrypted(target, keys).write('z', [record], { replaceAll: true })
      expect(await runCommand(['copy', from, to])).toEqual({
        code: 1,
        output: '',
        errors: `${to} is encrypted. Give its keys with --to-key-file, or pass --allow-plain. Nothing was copied.\n`,
      })
    }
    expect(await runCommand(['copy', from, to, '--allow-plain'])).toMatchObject({ code: 0, output: 'Copied 3 sessions, 0 unchanged, 0 failed.\n' })
  })

  it('makes plain text of encrypted sessions only with --allow-plain', async () => {
    const { folder, from, to } = await places()
    const keys = join(folder, 'keys.json')
    await runCommand(['new-key', keys])
    await runCommand(['encrypt', from, '--key-file', keys])
    const copy = ['copy', from, to, '--from-key-file', keys]
    expect(await runCommand(copy)).toEqual({
      code: 1,
      output: '',
      errors: `${from} is encrypted, and the copy would not be. Give keys with --to-key-file, or pass --allow-plain. Nothing was copied.\n`,
    })
    expect(existsSync(join(folder, 'to'))).toBe(false)
    expect(await runCommand([...copy, '--allow-plain'])).toMatchObject({ code: 0, output: 'Copied 3 sessions, 0 unchanged, 0 failed.\n' })
  })

  it('makes no source, and no target without one', async () => {
    const folder = temporaryFolder()
    for (const kind of ['fs', 'sqlite']) {
      expect(await runCommand(['copy', `${kind}:${folder}/from`, `${kind}:${folder}/to`])).toMatchObject({
        code: 1,
        output: '',
        errors: expect.stringContaining('does not exist'),
      })
    }
    expect([existsSync(join(folder, 'from')), existsSync(join(folder, 'to'))]).toEqual([false, false])
  })

  it('refuses to copy a store onto itself', async () => {
    const { folder, from } = await places()
    expect(await runCommand(['copy', from, `fs:${folder}/to/../from`])).toMatchObject({
      code: 2,
      errors: expect.stringContaining('Both names mean the same place.'),
    })
  })

  it('stops between two sessions at SIGINT, and goes on when it is run again', async () => {
    const { folder, from, to, source } = await places()
    const interrupted = new AbortController()
    let errors = ''
    const stderr = {
      write: (text: string): void => {
        errors += text
        if (text.startsWith('Copying 1/3')) interrupted.abort()
      },
    }
    const stdin = Object.assign(Readable.from([]), { isTTY: false })
    let output = ''
    const stdout = {
      write: (text: string): void => {
        output += text
      },
    }
    expect(await run(['copy', from, to], { stdout, stderr, stdin, variables: {}, directory: '/', signal: interrupted.signal })).toBe(130)
    expect(output).toBe('Copied 1 session, 0 unchanged, 0 failed.\n')
    expect(errors).toContain('Interrupted: 2 sessions were not started. Run the command again to continue.\n')
    const [done = ''] = (await runCommand(['list', to])).output.split('\n')
    expect(await recordsOf(fileStore(join(folder, 'to')), done)).toEqual(await recordsOf(source, done))
    expect(await runCommand(['copy', from, to])).toMatchObject({ code: 0, output: 'Copied 2 sessions, 1 unchanged, 0 failed.\n' })
  })
})

describe('progress', () => {
  it('is a bar on a terminal, and goes away at the end', async () => {
    const { from, to } = await places()
    const { code, errors } = await runCommand(['copy', from, to], { isTerminal: true, variables: { NO_COLOR: '1' } })
    expect(code).toBe(0)
    expect(errors.replaceAll('\u001B[2K', '').split('\r')).toEqual([
      '',
      expect.stringMatching(/^Copying \[#{8}-{16}\] 1\/3 /u),
      expect.stringMatching(/^Copying \[#{16}-{8}\] 2\/3 /u),
      expect.stringMatching(/^Copying \[#{24}\] 3\/3 /u),
      '',
    ])
    expect(errors.endsWith('\r\u001B[2K')).toBe(true)
  })

  it('fits on a line, whatever the id is', async () => {
    const folder = temporaryFolder()
    await storePaired(fileStore(join(folder, 'from')), `\u001B[2J${'x'.repeat(100)}`)
    const { errors } = await runCommand(['copy', `fs:${folder}/from`, `fs:${folder}/to`], { isTerminal: true, variables: { NO_COLOR: '1' } })
    const [, bar = ''] = errors.replaceAll('\u001B[2K', '').split('\r')
    expect(bar).toHaveLength(79)
    expect(bar).not.toContain('\u001B')
  })

  it('begins and ends', () => {
    expect(progressBar('Copying', { done: 0, total: 5 })).toBe(`Copying [${'-'.repeat(24)}] 0/5`)
    expect(progressBar('Copying', { done: 5, total: 5 })).toBe(`Copying [${'#'.repeat(24)}] 5/5`)
  })
})
