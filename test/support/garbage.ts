import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

// A test may have replaced them by fakes.
const { setImmediate, setTimeout } = globalThis

/** Collects garbage, and lets what waits for that run. */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc')
  // The flag gives `gc` to contexts that are made after it.
  const collect = runInNewContext('gc') as () => void
  for (let round = 0; round < 3; round++) {
    collect()
    // Finalizers are tasks of their own.
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
}

/** Collects garbage until a condition holds, which it does soon or not at all. */
export async function collectUntil(holds: () => boolean): Promise<void> {
  for (let round = 0; round < 20 && !holds(); round++) {
    await collectGarbage()
    await new Promise((resolve) => {
      setTimeout(resolve, 5)
    })
  }
}
