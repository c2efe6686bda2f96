import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { RecordNames } from '../../../../src/adapters/filesystem/record-names.js'
import { type FolderUse, SessionUpkeep } from '../../../../src/adapters/filesystem/session-upkeep.js'
import { OperationLimit } from '../../../../src/async/order-of-work.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

const KEY = { type: 'zz', id: '-a' }

it('the names of a write count for the lease under which it was made, and for no later one', async () => {
  const folder = temporaryFolder()
  const use = (fencingToken: number): FolderUse => ({
    folder,
    sessionId: 'a',
    fencingToken,
    limit: new OperationLimit(1),
    durability: undefined,
    beforeCommit: async () => undefined,
  })
  const upkeep = new SessionUpkeep(() => true)
  const fileOf = async (): Promise<string | null> => (await upkeep.namesIn(folder, 'a', null)).fileOf(KEY)
  await upkeep.prepare(use(1))
  upkeep.wrote(use(1), new RecordNames([['~of-the-first.json', KEY]]))
  expect(await fileOf()).toBe('~of-the-first.json')
  // The lease went to another process, which gave the record a name, and came back.
  writeFileSync(join(folder, '.names.json'), JSON.stringify([[`~${'0'.repeat(40)}.json`, KEY.type, KEY.id]]))
  await upkeep.prepare(use(3))
  expect(await fileOf()).toBe(`~${'0'.repeat(40)}.json`)
  upkeep.wrote(use(1), new RecordNames([['~of-the-first.json', KEY]]))
  expect(await fileOf()).toBe(`~${'0'.repeat(40)}.json`)
})
