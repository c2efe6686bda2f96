import { randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { timeOf } from './clock.js'

const FSYNCS = 50
const BYTES = 4096

/** How long one fsync of a file of 4 KiB takes that was just written, in milliseconds. */
export async function measureFsync(folder: string): Promise<number> {
  const file = await open(join(folder, 'synced'), 'w')
  const all = await timeOf(async () => {
    for (let index = 0; index < FSYNCS; index += 1) {
      await file.write(randomBytes(BYTES), 0, BYTES, 0)
      await file.sync()
    }
  })
  await file.close()
  return all / FSYNCS
}
