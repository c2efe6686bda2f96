import { writeHalf } from '../../support/recorded-disk/disk-faults.js'
import { type DiskWatch, watchDisk } from '../../support/recorded-disk/watch-disk.js'
import type { FaultPoint } from '../protocol.js'
import { stepOf } from '../store-steps.js'

/** Kills this process at a call to the disk, which it tells just before. */
export function dieAt({ step, nth, moment }: FaultPoint, directory: string, tell: () => void): DiskWatch {
  let calls = 0
  const due = new WeakSet<object>()
  const die = (): void => {
    tell()
    process.kill(process.pid, 'SIGKILL')
  }
  return watchDisk(directory, {
    before: (call) => {
      if (stepOf(call) !== step || ++calls !== nth) return undefined
      if (moment === 'after') due.add(call)
      if (moment === 'during') writeHalf(call)
      if (moment !== 'after') die()
      return undefined
    },
    after: (call) => {
      if (due.has(call)) die()
    },
  })
}
