import { describe, expect, it } from 'vitest'
import { inFakeTime, pass, scenario, within, type Scenario } from '../support/scenario.js'

inFakeTime()

/** What was announced last, what the repository was told, and what whoever looks is told. */
async function told(made: Scenario): Promise<string[]> {
  await pass(10)
  const [row, look, next] = [
    await made.repository.find('s'),
    await within(made.sessions.getStatus('s')),
    scenario({ store: made.store, repository: made.repository }),
  ]
  const elsewhere = await within(next.sessions.getStatus('s'))
  return [made.statuses('s').at(-1) ?? 'nothing', ...[row, look, elsewhere].map((seen) => `${seen?.status ?? 'no row'} ${seen?.reason ?? ''}`)]
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

const everywhere = (status: string): string[] => [status, status, status, status]

describe('stopping a session that rests', () => {
  it('leaves it logged out: the phone has to be linked again, stopped or not', async () => {
    const made = scenario()
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    await made.socket().close(401)
    await pass(10)
    await within(made.sessions.stop('s'))
    expect(await told(made)).toEqual(everywhere('logged_out logged_out'))
    expect(made.events('logged-out')).toHaveLength(1)
    expect(await within(made.sessions.restoreSession('s'))).toMatchObject({ outcome: 'skipped', reason: 'logged_out' })
    expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'pairing' })
  })

  it('leaves it failed where its credentials cannot be read', async () => {
    const made = scenario()
    await made.store.inner.write('s', [{ type: 'creds', id: '', value: '{"noiseKey":' }])
    await within(made.sessions.stop('s'))
    expect(await told(made)).toEqual(everywhere('failed credentials_corrupt'))
    expect(Object.values(await made.store.dump('s'))).toEqual(['{"noiseKey":'])
  })

  it('stops it where only a verdict of WhatsApp keeps it from connecting', async () => {
    const made = scenario()
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    await made.socket().close(403)
    await pass(10)
    await within(made.sessions.stop('s'))
    expect(await told(made)).toEqual(everywhere('disconnected stopped'))
  })

  it('tells no more of what was there once a deletion was asked for', async () => {
    const made = scenario()
    await made.store.seed('s', {}, { loggedOutAt: new Date() })
    await within(Promise.all([made.sessions.stop('s'), made.sessions.stop('s'), made.sessions.delete('s')]))
    expect(made.statuses('s')).toEqual(['disconnected never_paired'])
  })

  it('does not hold up a connect that was asked for after it', async () => {
    const made = scenario()
    await made.store.seed('s', {}, { loggedOutAt: new Date() })
    made.store.before = async ({ verb }) => {
      if (verb === 'read') await pause(1000)
    }
    const stopping = made.sessions.stop('s')
    // It has been told to rest, and what is stored of it is being read.
    await pass(1500)
    expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'pairing' })
    await within(stopping)
    expect(await made.sessions.getStatus('s', { restore: false })).toMatchObject({ status: 'pairing' })
  })
})
