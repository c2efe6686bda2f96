import { Agent } from 'node:https'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { VersionProvider } from '../../src/index.js'
import { deferred, never } from '../support/deferred.js'
import { inFakeTime, pass, refusing, scenario, welcoming, within } from '../support/scenario.js'
import { dispatcher, MANY, network, requests, seedLinked, type Version, versionsOf, WHATSAPP, worker } from '../support/version-look-ups.js'

inFakeTime()

const agent = new Agent()

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('after a 405', () => {
  it('of a linked session the version is looked up in the background, and the next dial takes it', async () => {
    const answer = deferred<Version>()
    const version = vi.fn(() => answer.promise)
    const made = scenario({
      version,
      script: (socket, index) => {
        ;(index === 0 ? refusing(405) : welcoming)(socket, index)
      },
    })
    await made.store.seed('s')
    const restoring = made.sessions.restoreSession('s')
    await pass(100)
    expect(version).toHaveBeenCalledTimes(1)
    answer.resolve([2, 3000, 7])
    await within(restoring)
    expect(versionsOf(made)).toEqual([undefined, [2, 3000, 7]])
  })

  it('of a linked session the next dial does not wait for an answer that is not there', async () => {
    const made = scenario({
      version: () => never(),
      retry: { initialDelayMs: 10, jitter: 'none' },
      script: (socket, index) => {
        ;(index === 0 ? refusing(405) : welcoming)(socket, index)
      },
    })
    await made.store.seed('s')
    expect(await within(made.sessions.restoreSession('s'), 1000)).toMatchObject({ outcome: 'restored' })
    expect(versionsOf(made)).toEqual([undefined, undefined])
  })

  it('of a pairing the kept version is thrown away, and the next dial waits for the new answer, also a lower one', async () => {
    const answers: Promise<Version>[] = [Promise.resolve([2, 3000, 7])]
    const renewed = deferred<Version>()
    const version = vi.fn<VersionProvider>(() => answers.shift() ?? renewed.promise)
    const made = scenario({
      version,
      retry: { initialDelayMs: 10, jitter: 'none' },
      script: (socket, index) => {
        ;(index === 0 ? refusing(405) : welcoming)(socket, index)
      },
    })
    const pairing = made.sessions.connect('s')
    await pass(2000)
    expect([version.mock.calls.length, versionsOf(made)]).toEqual([2, [[2, 3000, 7]]])
    renewed.resolve([2, 3000, 6])
    await within(pairing)
    await pass(1000)
    expect(versionsOf(made)).toEqual([
      [2, 3000, 7],
      [2, 3000, 6],
    ])
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'pairing' })
  })

  it('the default look-up is made again, the way of the session that was refused', async () => {
    const revisions = [777, 778]
    const fetch = network(async () => worker(revisions.shift() ?? 0))
    const made = scenario({
      defaults: WHATSAPP,
      socketConfig: { agent, ...requests({ dispatcher }) },
      script: (socket, index) => {
        ;(index === 0 ? refusing(405) : welcoming)(socket, index)
      },
    })
    await within(made.sessions.connect('s'))
    await pass(60_000)
    expect(versionsOf(made)).toEqual([
      [2, 3000, 777],
      [2, 3000, 778],
    ])
    expect(fetch.mock.calls.map(([, init]) => init.dispatcher)).toEqual([dispatcher, dispatcher])
  })

  it('of many linked sessions that had the same version the question is one', async () => {
    const versions: Version[] = [
      [2, 3000, 7],
      [2, 3000, 8],
    ]
    const version = vi.fn<VersionProvider>(async () => versions.shift() ?? [2, 3000, 0])
    const made = scenario({ version, ...MANY, restore: { delayMs: 0, concurrency: 50 } })
    await seedLinked(made, 50)
    await within(made.sessions.connect('new'))
    made.script = (socket) => {
      ;(socket.config.version?.[2] === 8 ? welcoming : refusing(405))(socket, 0)
    }
    await within(made.sessions.restoreAll())
    await pass(60_000)
    expect(version).toHaveBeenCalledTimes(2)
    expect(made.events('connected')).toHaveLength(50)
  })
})
