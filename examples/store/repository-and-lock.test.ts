import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { FileConnectionRepository, FileSystemSessionStore, MemorySessionStore } from 'baileys-sessions'
import { connectionRepositoryContract, sessionLockContract } from 'baileys-sessions/testing'

const folder = mkdtempSync(join(tmpdir(), 'contract-'))
after(() => rmSync(folder, { recursive: true }))
let count = 0

class TestedRepository extends FileConnectionRepository {
  readonly file: string

  constructor(file = join(folder, `connections-${++count}.json`)) {
    super({ file })
    this.file = file
  }
}

describe('FileConnectionRepository', () => {
  const cases = connectionRepositoryContract(() => new TestedRepository(), { reopen: ({ file }) => new TestedRepository(file) })
  for (const { name, run } of cases) it(name, run)
})

describe('the lock of MemorySessionStore', () => {
  for (const { name, run } of sessionLockContract(() => new MemorySessionStore().lock)) it(name, run)
})

describe('the lock of FileSystemSessionStore', () => {
  const open = (directory: string): TestedLock => Object.assign(new FileSystemSessionStore({ directory }).lock, { directory })
  type TestedLock = FileSystemSessionStore['lock'] & { directory: string }
  const cases = sessionLockContract(() => open(join(folder, `sessions-${++count}`)), { openAnother: ({ directory }) => open(directory) })
  for (const { name, run } of cases) it(name, run)
})
