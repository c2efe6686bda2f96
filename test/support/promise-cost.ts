import { AsyncLocalStorage, executionAsyncResource } from 'node:async_hooks'

/** Whether promises of this Node pay for storages at all. */
export const PROMISES_PAY: boolean = '_propagate' in AsyncLocalStorage.prototype

/**
 * How many storages every promise of this process carries now. Before Node 24 each one that is at work leaves a property of its own on every
 * promise: that is the cost which grows, counted instead of timed.
 */
export async function storagesOnAPromise(): Promise<number> {
  return Promise.resolve().then(() => {
    const resource: object = executionAsyncResource()
    // Node 24 with `--no-async-context-frame` keeps them in an object of their own.
    const kept: unknown = Object.getOwnPropertySymbols(resource)
      .filter(({ description }) => description === 'kAsyncLocalStorageContext')
      .map((name): unknown => Reflect.get(resource, name))[0]
    return countStores(typeof kept === 'object' && kept !== null ? kept : resource)
  })
}

function countStores(holder: object): number {
  return Object.getOwnPropertySymbols(holder).filter(({ description }) => description === 'kResourceStore').length
}
