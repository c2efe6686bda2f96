import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FileConnectionRepository } from '../../src/adapters/filesystem/file-connection-repository.js'
import { MemoryConnectionRepository } from '../../src/adapters/memory/memory-connection-repository.js'
import type { ConnectionRecord, ConnectionRepository } from '../../src/repository/connection-repository.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const repositories: { name: string; create: () => ConnectionRepository }[] = [
  { name: 'MemoryConnectionRepository', create: () => new MemoryConnectionRepository() },
  { name: 'FileConnectionRepository', create: () => new FileConnectionRepository({ file: join(temporaryFolder(), 'connections.json') }) },
]

const full: ConnectionRecord = {
  sessionId: 'a',
  status: 'reconnecting',
  reason: 'connection_lost',
  phoneNumber: '5511999',
  lastConnectedAt: new Date('2024-01-02T03:04:05.678Z'),
  lastDisconnect: { code: 428, cause: 'connection_closed', message: 'Connection Closed', at: new Date('2024-01-02T03:04:06.000Z') },
  owner: 'host:1:ab',
  updatedAt: new Date('2024-01-02T03:04:07.000Z'),
  metadata: { company: 5, nested: { list: [1, 'two', null] } },
}

describe.each(repositories)('$name keeps the repository contract:', ({ create }) => {
  it('knows nothing at first', async () => {
    const repository = create()
    expect(await repository.findAll()).toEqual([])
    expect(await repository.find('a')).toBeNull()
    await repository.delete('a')
  })

  it('gives back what was saved', async () => {
    const repository = create()
    await repository.save('a', full)
    expect(await repository.find('a')).toEqual(full)
    expect(await repository.findAll()).toEqual([full])
  })

  it('fills in what a first save leaves out', async () => {
    const repository = create()
    await repository.save('a', { status: 'connecting' })
    expect(await repository.find('a')).toEqual({
      sessionId: 'a', status: 'connecting', reason: null, phoneNumber: null, lastConnectedAt: null, lastDisconnect: null, owner: null,
      updatedAt: expect.any(Date), metadata: {},
    })
  })

  it('changes only the fields that are given', async () => {
    const repository = create()
    await repository.save('a', full)
    await repository.save('a', { status: 'connected', reason: null, lastDisconnect: null })
    expect(await repository.find('a')).toEqual({ ...full, status: 'connected', reason: null, lastDisconnect: null })
    await repository.save('a', {})
    await repository.save('a', { metadata: { other: true } })
    expect((await repository.find('a'))?.metadata).toEqual({ other: true })
    expect((await repository.find('a'))?.phoneNumber).toBe('5511999')
  })

  it('keeps the id that it was asked for', async () => {
    const repository = create()
    await repository.save('b', { ...full, sessionId: 'a' })
    expect((await repository.find('b'))?.sessionId).toBe('b')
    expect(await repository.find('a')).toBeNull()
  })

  it('finds all records, also of hostile ids', async () => {
    const repository = create()
    const ids = ['__proto__', 'constructor', '..', 'a', 'A', 'a/b', '', '1', '10', 'é🙂', 'x'.repeat(300)]
    for (const sessionId of ids) await repository.save(sessionId, { status: 'failed', metadata: { sessionId } })
    expect((await repository.findAll()).map(({ sessionId }) => sessionId).sort()).toEqual([...ids].sort())
    for (const sessionId of ids) expect((await repository.find(sessionId))?.metadata).toEqual({ sessionId })
    await repository.delete('1')
    await repository.delete('1')
    expect((await repository.findAll()).map(({ sessionId }) => sessionId).sort()).toEqual(ids.filter(id => id !== '1').sort())
  })

  it('keeps metadata with a key named __proto__', async () => {
    const repository = create()
    const metadata: Record<string, unknown> = JSON.parse('{"__proto__": {"polluted": true}, "plain": 1}')
    await repository.save('a', { metadata })
    expect(JSON.stringify((await repository.find('a'))?.metadata)).toBe(JSON.stringify(metadata))
    expect(Object.prototype).not.toHaveProperty('polluted')
  })

  it('gives and takes copies', async () => {
    const repository = create()
    const metadata = { list: [1] }
    const saving = repository.save('a', { metadata })
    metadata.list.push(2)
    await saving
    const found = await repository.find('a')
    found?.updatedAt.setTime(0)
    if (found !== null) found.metadata['list'] = 'changed'
    expect((await repository.find('a'))?.metadata).toEqual({ list: [1] })
    expect((await repository.find('a'))?.updatedAt.getTime()).toBeGreaterThan(0)
  })

  it('loses none of many saves at once', async () => {
    const repository = create()
    await Promise.all(Array.from({ length: 50 }, (_, index) => repository.save(`s${index}`, { phoneNumber: String(index) })))
    await Promise.all([repository.save('s1', { phoneNumber: 'new' }), repository.save('s1', { owner: 'me' }), repository.delete('s2')])
    expect(await repository.findAll()).toHaveLength(49)
    expect(await repository.find('s1')).toMatchObject({ phoneNumber: 'new', owner: 'me' })
  })
})
