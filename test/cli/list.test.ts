import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.js'
import { runCommand } from './command-line.js'
import { fileStore, storePaired } from './stored-sessions.js'

it('list prints the ids in order, readable or not', async () => {
  const directory = join(temporaryFolder(), 'sessions')
  const store = fileStore(directory)
  for (const id of ['b', 'a', 'company 5/ü']) await storePaired(store, id)
  mkdirSync(join(directory, 'session-c', 'creds.json'), { recursive: true })
  expect(await runCommand(['list', `fs:${directory}`])).toEqual({ code: 0, output: 'a\nb\nc\ncompany 5/ü\n', errors: '' })
  expect(await runCommand(['list', 'fs:sessions'], { directory: join(directory, '..') })).toMatchObject({ code: 0, output: 'a\nb\nc\ncompany 5/ü\n' })
})

it('list says beside its result when the sessions are under another name', async () => {
  const directory = temporaryFolder()
  await storePaired(fileStore(directory, ''), 'company-1')
  expect(await runCommand(['list', `fs:${directory}`, '--json'])).toEqual({
    code: 0,
    output: '[]\n',
    errors: expect.stringMatching(/^No folder in .* begins with "session-", but "company-1" has credentials\. After "\?prefix="/u),
  })
  expect(await runCommand(['list', `fs:${directory}/company-1`])).toEqual({
    code: 0,
    output: '',
    errors: expect.stringContaining('is the folder of a single session'),
  })
  expect(await runCommand(['list', `fs:${directory}?prefix=`])).toEqual({ code: 0, output: 'company-1\n', errors: '' })
})

it('list prints nothing for a store without sessions', async () => {
  expect(await runCommand(['list', `fs:${temporaryFolder()}`])).toEqual({ code: 0, output: '', errors: '' })
})

it('list and doctor let no id write to a terminal; --json keeps every id', async () => {
  const directory = join(temporaryFolder(), 'sessions')
  const store = fileStore(directory)
  const ids = ['\u001B]0;title\u0007', 'a\nb: restorable', '\u009B2J', '\u202Etxt']
  for (const id of ids) await storePaired(store, id)
  const lines = await runCommand(['list', `fs:${directory}`])
  expect(lines.output.split('\n').slice(0, -1)).toEqual(['\\u{1b}]0;title\\u{7}', 'a\\u{a}b: restorable', '\\u{9b}2J', '\\u{202e}txt'])
  const json = await runCommand(['list', `fs:${directory}`, '--json'])
  expect(JSON.parse(json.output)).toEqual([...ids].sort())
  const told = [
    lines,
    json,
    await runCommand(['doctor', `fs:${directory}`]),
    await runCommand(['doctor', `fs:${directory}`, '--json']),
    await runCommand(['delete', `fs:${directory}`, ids[0] ?? ''], { isTerminal: true, input: 'x\n', variables: { NO_COLOR: '1' } }),
  ]
  for (const { output, errors } of told) expect(`${output}${errors}`.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
})
