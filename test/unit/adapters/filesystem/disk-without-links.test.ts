import { link } from 'node:fs/promises'
import { readdirSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { TokenFiles } from '../../../../src/adapters/filesystem/token-files.js'
import { FileLock } from '../../../support/opened-locks.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

// What FAT and some network disks answer.
vi.mock('node:fs/promises', async (original) => ({
  ...(await original<object>()),
  link: vi.fn(() => Promise.reject(Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM' }))),
}))

it('a lock works on a disk that knows no links', async () => {
  const folder = temporaryFolder()
  const [one, other] = [new FileLock({ folder }), new FileLock({ folder })]
  const lease = await one.acquire('a')
  expect(link).toHaveBeenCalled()
  expect(await other.acquire('a')).toBeNull()
  await lease?.release()
  expect((await other.acquire('a'))?.fencingToken).toBe(2)
  await Promise.all([one.close(), other.close()])
})

it('one of many makes the file of a token there', async () => {
  const folder = temporaryFolder()
  const claims = await Promise.all(Array.from({ length: 10 }, (_, index) => new TokenFiles(folder).claim(1, () => Promise.resolve(`holder ${index}`))))
  expect(claims.filter((claimed) => claimed)).toHaveLength(1)
  expect(readdirSync(folder)).toEqual(['1'])
})
