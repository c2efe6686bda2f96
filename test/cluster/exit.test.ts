import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.js'

const run = promisify(execFile)

it('a process that only waits for the close of its manager gets its report, and ends by itself', async () => {
  const child = fileURLToPath(new URL('exit-child.ts', import.meta.url))
  const { stdout } = await run(process.execPath, ['--import', 'tsx', child, join(temporaryFolder(), 'sessions.db')])
  expect(JSON.parse(stdout)).toEqual({ closed: [], notDrained: [] })
})
