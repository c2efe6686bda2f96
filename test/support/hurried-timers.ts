const HURRY = 50
/** Shorter pauses are those of a test, longer ones are deadlines. */
const HURRIED = { fromMs: 200, toMs: 5000 } as const

/** Makes what a store does after a second come soon. For processes that do not live that long. */
export function hurry(): void {
  globalThis.setTimeout = new Proxy(globalThis.setTimeout, {
    apply: (target, self, [work, delayMs, ...args]: [() => void, number | undefined, ...unknown[]]) => {
      const timer: unknown = Reflect.apply(target, self, [work, isHurried(delayMs) ? delayMs / HURRY : delayMs, ...args])
      return timer
    },
  })
}

function isHurried(delayMs: number | undefined): delayMs is number {
  return delayMs !== undefined && delayMs >= HURRIED.fromMs && delayMs <= HURRIED.toMs
}
