/** The stores that can be put to the test. */
export const CRASH_STORES = ['fs', 'sqlite', 'encrypted', 'redis', 'postgres', 'stock'] as const

/** One of them. */
export type CrashStore = (typeof CRASH_STORES)[number]

/** Those of this library on a disk of this machine. */
export const DISK_STORES: readonly CrashStore[] = ['fs', 'sqlite', 'encrypted']

/** Those whose calls to the disk can be told apart by their steps. */
export const STEPPING_STORES: readonly CrashStore[] = ['fs', 'encrypted']
