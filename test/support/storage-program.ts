import type { AsyncLocalStorage } from 'node:async_hooks'
import fc from 'fast-check'
import type { StorageClass } from '../../src/socket/workarounds/share-async-storage.js'

/** How many storages a program works with. */
const STORAGES = 3

/** One step of a program; `storage` is the index of the storage it is about. */
type Step =
  | { readonly kind: 'run'; readonly storage: number; readonly store: number; readonly steps: readonly Step[] }
  | { readonly kind: 'exit'; readonly storage: number; readonly steps: readonly Step[] }
  | { readonly kind: 'enter'; readonly storage: number; readonly store: number }
  | { readonly kind: 'wait'; readonly how: Wait }
  | { readonly kind: 'spawn'; readonly steps: readonly Step[] }
  | { readonly kind: 'throw'; readonly storage: number; readonly store: number }

type Wait = 'promise' | 'timer' | 'immediate' | 'tick' | 'microtask'

export type Program = readonly Step[]

const storage = fc.nat({ max: STORAGES - 1 })
const store = fc.nat({ max: 99 })

/**
 * Programs of nested, concurrent work on several storages. Inside `exit` of a storage that one is left alone: what Node 20 does then is not
 * what it documents.
 */
export const programs: fc.Arbitrary<Program> = fc.letrec<{ step: Step; steps: Program }>((tie) => ({
  step: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.record({ kind: fc.constant('wait' as const), how: fc.constantFrom<Wait>('promise', 'timer', 'immediate', 'tick', 'microtask') }),
    fc.record({ kind: fc.constant('enter' as const), storage, store }),
    fc.record({ kind: fc.constant('throw' as const), storage, store }),
    fc.record({ kind: fc.constant('run' as const), storage, store, steps: tie('steps') }),
    fc.record({ kind: fc.constant('exit' as const), storage, steps: tie('steps') }).map((step) => ({ ...step, steps: without(step.storage, step.steps) })),
    fc.record({ kind: fc.constant('spawn' as const), steps: tie('steps') }),
  ),
  steps: fc.array(tie('step'), { maxLength: 6 }),
})).steps

/** What every storage holds after each step of a program, by the place of the step. */
export async function trace(Storage: StorageClass, program: Program): Promise<Record<string, string>> {
  const storages = Array.from({ length: STORAGES }, () => new Storage<number>())
  // A storage begins to follow promises when it is first used.
  for (const each of storages) each.run(0, () => undefined)
  const seen: Record<string, string> = {}
  const look = (place: string): void => {
    seen[place] = storages.map((each) => String(each.getStore())).join()
  }
  // Apart from the test, and from whatever an `enter` leaves behind.
  await new Promise<void>((resolve, reject) => {
    setImmediate(() => {
      perform(storages, program, 'at', look).then(resolve, reject)
    })
  })
  for (const each of storages) each.disable()
  return seen
}

async function perform(storages: readonly AsyncLocalStorage<number>[], program: Program, place: string, look: (place: string) => void): Promise<void> {
  const spawned: Promise<void>[] = []
  for (const [index, step] of program.entries()) {
    const here = `${place}.${index}`
    look(`${here} before`)
    const inner = async (steps: Program): Promise<void> => perform(storages, steps, here, look)
    switch (step.kind) {
      case 'run':
        await storages[step.storage]?.run(step.store, inner, step.steps)
        break
      case 'exit':
        await storages[step.storage]?.exit(inner, step.steps)
        break
      case 'enter':
        storages[step.storage]?.enterWith(step.store)
        break
      case 'wait':
        await wait(step.how)
        break
      case 'spawn':
        spawned.push(inner(step.steps))
        break
      case 'throw':
        expectThrow(() =>
          storages[step.storage]?.run(step.store, () => {
            look(`${here} inside`)
            throw new Error('on purpose')
          }),
        )
    }
    look(`${here} after`)
  }
  await Promise.all(spawned)
}

function expectThrow(work: () => unknown): void {
  try {
    work()
  } catch {
    return
  }
  throw new Error('It did not throw.')
}

async function wait(how: Wait): Promise<void> {
  await new Promise<void>((resolve) => {
    switch (how) {
      case 'promise':
        void Promise.resolve().then(resolve)
        break
      case 'timer':
        setTimeout(resolve, 0)
        break
      case 'immediate':
        setImmediate(resolve)
        break
      case 'tick':
        process.nextTick(resolve)
        break
      case 'microtask':
        queueMicrotask(resolve)
    }
  })
}

/** The same steps without those on one storage. */
function without(index: number, steps: Program): Program {
  return steps
    .filter((step) => !('storage' in step) || step.storage !== index)
    .map((step) => ('steps' in step ? { ...step, steps: without(index, step.steps) } : step))
}
