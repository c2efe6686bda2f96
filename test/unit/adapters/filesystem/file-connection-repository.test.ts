import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FileConnectionRepository } from '../../../../src/adapters/filesystem/file-connection-repository.js'
import { describeHolder } from '../../../../src/lease/holder.js'
import { ScriptProcess } from '../../../support/script-process.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

function open(): { repository: FileConnectionRepository; file: string } {
  const file = join(temporaryFolder(), 'connections.json')
  return { repository: new FileConnectionRepository({ file }), file }
}

function temporaryFolderWithFile(): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'file'), '')
  return folder
}

describe('the file', () => {
  it('is JSON that people can read, for this user alone', async () => {
    const file = join(temporaryFolder(), 'made', 'connections.json')
    const repository = new FileConnectionRepository({ file })
    expect(await repository.find('a')).toBeNull()
    expect(existsSync(file)).toBe(false)
    const at = new Date('2024-01-02T03:04:05.678Z')
    await repository.save('a', {
      status: 'connected',
      updatedAt: at,
      lastConnectedAt: at,
      lastDisconnect: { code: 428, cause: 'connection_closed', message: 'Connection Closed', at },
    })
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      connections: [
        {
          sessionId: 'a',
          status: 'connected',
          reason: null,
          phoneNumber: null,
          lastConnectedAt: '2024-01-02T03:04:05.678Z',
          lastDisconnect: { code: 428, cause: 'connection_closed', message: 'Connection Closed', at: '2024-01-02T03:04:05.678Z' },
          owner: null,
          updatedAt: '2024-01-02T03:04:05.678Z',
          metadata: {},
        },
      ],
    })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(join(file, '..')).sort()).toEqual(['connections.json', 'connections.json.lock'])
  })

  it('keeps what the application added', async () => {
    const { repository, file } = open()
    writeFileSync(
      file,
      JSON.stringify({
        note: 'ours',
        connections: [
          { sessionId: 'b', tenant: 7 },
          { sessionId: 'a', color: 'red', status: 'failed', metadata: { x: 1 } },
        ],
      }),
    )
    expect(await repository.find('b')).toMatchObject({ sessionId: 'b', status: 'disconnected', updatedAt: new Date(0), metadata: {} })
    await repository.save('a', { status: 'connected' })
    await repository.save('c', {})
    await repository.delete('b')
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      note: 'ours',
      connections: [{ sessionId: 'a', color: 'red', status: 'connected', metadata: { x: 1 } }, { sessionId: 'c' }],
    })
  })

  it.each(['', '{', '[]', 'null', '{}', '{"connections":{}}', '{"connections":[5]}', '{"connections":[{"status":"failed"}]}'])(
    'is never overwritten when it holds %j',
    async (text) => {
      const { repository, file } = open()
      writeFileSync(file, text)
      const failed = { name: 'SessionError', code: 'REPOSITORY_FAILED', message: expect.stringContaining(file) }
      await expect(repository.find('a')).rejects.toMatchObject(failed)
      await expect(repository.findAll()).rejects.toMatchObject(failed)
      await expect(repository.save('a', { status: 'connected' })).rejects.toMatchObject({ ...failed, sessionId: 'a' })
      await expect(repository.delete('a')).rejects.toMatchObject(failed)
      expect(readFileSync(file, 'utf8')).toBe(text)
      writeFileSync(file, '{"connections":[]}')
      await repository.save('a', { status: 'connected' })
      expect(await repository.findAll()).toHaveLength(1)
    },
  )

  it('is not waited for when a named pipe is in its place', async () => {
    const file = join(temporaryFolder(), 'connections.json')
    execFileSync('mkfifo', ['-m', '600', file])
    await expect(new FileConnectionRepository({ file }).findAll()).rejects.toMatchObject({
      code: 'REPOSITORY_FAILED',
      message: expect.stringContaining('is a named pipe, not a file'),
    })
  })

  it('names the field that is no date', async () => {
    const { repository, file } = open()
    writeFileSync(file, '{"connections":[{"sessionId":"a","updatedAt":"yesterday"}]}')
    await expect(repository.find('a')).rejects.toMatchObject({ code: 'REPOSITORY_FAILED', message: expect.stringContaining('"updatedAt" is not a date') })
    expect(await repository.find('b')).toBeNull()
  })

  it('that cannot be read or written is not missing', async () => {
    const { repository, file } = open()
    mkdirSync(file)
    const failed = { code: 'REPOSITORY_FAILED' }
    await expect(repository.find('a')).rejects.toMatchObject(failed)
    await expect(repository.save('a', {})).rejects.toMatchObject(failed)
    const below = new FileConnectionRepository({ file: join(temporaryFolderWithFile(), 'file', 'connections.json') })
    await expect(below.find('a')).rejects.toMatchObject(failed)
    await expect(below.save('a', {})).rejects.toMatchObject(failed)
  })

  it('is not held up by one change that is no JSON', async () => {
    const { repository } = open()
    const circular: Record<string, unknown> = {}
    circular['self'] = circular
    const results = await Promise.allSettled([repository.save('a', {}), repository.save('b', { metadata: circular }), repository.save('c', {})])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((await repository.findAll()).map(({ sessionId }) => sessionId)).toEqual(['a', 'c'])
  })
})

describe('two processes', () => {
  it('lose no change of one another', async () => {
    const { repository, file } = open()
    const children = ['x', 'y'].map((name) => new ScriptProcess('./repository-child.ts', import.meta.url, [file, name]))
    for (const child of children) expect(await child.next()).toBe('ready')
    await Promise.all([...children.map((child) => child.ask('go')), repository.save('mine', { owner: 'me' })])
    const found = await repository.findAll()
    expect(found.map(({ sessionId }) => sessionId).sort()).toEqual(
      ['mine', 'shared', ...['x', 'y'].flatMap((name) => Array.from({ length: 20 }, (_, round) => `${name} ${round}`))].sort(),
    )
  })

  it('do not wait for one that died in the middle', async () => {
    const { repository, file } = open()
    mkdirSync(`${file}.lock`)
    const self = await describeHolder('dead', 'aa')
    writeFileSync(join(`${file}.lock`, '1'), JSON.stringify({ ...self, pid: 2 ** 30 }))
    await repository.save('a', {})
    expect(readdirSync(`${file}.lock`).sort()).toEqual(['2.released'])
  })
})

it.each([
  [{}, TypeError, 'file must be a path, but is of type undefined'],
  [{ file: '' }, RangeError, 'but is ""'],
  [{ file: 'a\0' }, RangeError, 'file'],
])('options %j are refused by name and value', (options, type, message) => {
  const make = (): unknown => Reflect.construct(FileConnectionRepository, [options])
  expect(make).toThrow(type)
  expect(make).toThrow(message)
})
