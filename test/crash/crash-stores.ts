/** The stores that can be put to the test. */
export const CRASH_STORES = ['fs', 'sqlite', 'encrypted', 'stock'] as const

/** One of them. */
export type CrashStore = (typeof CRASH_STORES)[number]

/** Those whose calls to the disk can be told apart by their steps. */
export const STEPPING_STORES: readonly CrashStore[] = ['fs', 'encrypted']
