import { describe, expect, it, vi } from 'vitest'
import { finishIncoming } from '../../../../src/socket/socket-teardown.js'
import { KeyUse } from '../../../../src/socket/key-use.js'
import { fakePairedCreds } from '../../../../src/testing/fake-creds.js'
import { FakeBaileys } from '../../../../src/testing/index.js'

/** Finishes what comes in on an open socket that answers so whether it is in a transaction. */
function finish(isInTransaction: () => boolean, failed: AbortSignal = new AbortController().signal): Promise<void> {
  const baileys = new FakeBaileys()
  const socket = baileys.makeWASocket({ auth: { creds: fakePairedCreds(), keys: { get: () => ({}), set: () => undefined } } })
  baileys.lastSocket?.open()
  socket.authState.keys.isInTransaction = isInTransaction
  return finishIncoming(socket, new KeyUse(), failed)
}

describe('finishIncoming', () => {
  it('waits for a transaction that is under way', async () => {
    let left = 3
    const isInTransaction = vi.fn(() => --left > 0)
    await finish(isInTransaction)
    expect(isInTransaction).toHaveBeenCalledTimes(3)
  })

  it('waits no longer than a second for one that does not end', async () => {
    const beganAt = performance.now()
    await finish(() => true)
    expect(performance.now() - beganAt).toBeGreaterThan(900)
  })

  it('waits for none once the store has failed', async () => {
    const isInTransaction = vi.fn(() => true)
    const failure = new AbortController()
    const finishing = finish(isInTransaction, failure.signal)
    failure.abort()
    await finishing
    expect(isInTransaction.mock.calls.length).toBeLessThan(3)
  })
})
