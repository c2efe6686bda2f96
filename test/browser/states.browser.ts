import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest'
import type { SessionView } from '../../examples/express/public/api.js'
import { startBrowser, visit, type Visit } from './browser.js'
import { ConsolePage } from './console-page.js'
import { PretendedServer } from './pretended-server.js'
import { statusesShown } from './status-record.js'
import { change, inSeconds, view } from './views.js'

const PHONE = '5511912345678'

let browser: Browser
let server: PretendedServer
let visitor: Visit
let console: ConsolePage
beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(async () => {
  await browser.close()
})
beforeEach(async () => {
  server = await PretendedServer.start()
  visitor = await visit(browser)
  console = new ConsolePage(visitor)
  // Whoever was signed in before is not asked for a token.
  await visitor.context.addInitScript(() => {
    localStorage.setItem('signed-in', 'yes')
  })
})
afterEach(async () => {
  await visitor.context.close()
  await server[Symbol.asyncDispose]()
})

async function show(shown: Partial<SessionView> & Pick<SessionView, 'status'>): Promise<void> {
  server.views = [view({ company_id: 'acme', ...shown })]
  await visitor.page.goto(server.url)
}

describe('Designed states of a session', () => {
  it('failed, with an end in sight', async () => {
    await show({ status: 'failed', reason: 'restricted', phone_number: PHONE, restricted_until: inSeconds(86_400) })
    await console.shows('Needs attention')
    await console.says('WhatsApp restricted this account.')
    await console.button('Try again').waitFor()
    await console.inspect('failed')
    expect(visitor.problems).toEqual([])
  })

  it('reconnecting, with a long wait', async () => {
    server.history = [
      change(20, 'reconnecting', 'rate_limited', { kind: 'status', code: 429 }),
      change(86, 'connected'),
      change(94, 'connecting', 'connection_lost'),
      change(95, 'reconnecting', 'connection_lost'),
      change(96, 'connecting', 'connection_lost'),
      change(100, 'reconnecting', 'connection_lost'),
      { ...change(100, 'reconnecting', 'connection_lost'), kind: 'disconnected', status: null, code: 428 },
      change(7200, 'connected'),
      change(7204, 'connecting', 'restoring'),
    ]
    await show({ status: 'reconnecting', reason: 'rate_limited', phone_number: PHONE, attempt: 4, next_retry_at: inSeconds(272), since: inSeconds(-20) })
    await console.shows('Reconnecting')
    await console.says(/in 4 min \d+ s/u)
    await console.says('2 times')
    await console.inspect('reconnecting-rate-limited')
    expect(visitor.problems).toEqual([])
  })

  it('stopped', async () => {
    await show({ status: 'disconnected', reason: 'stopped', phone_number: PHONE })
    await console.button('Connect').waitFor()
    await console.inspect('stopped')
  })

  it('nobody scanned', async () => {
    await show({ status: 'disconnected', reason: 'pairing_expired' })
    await console.button('Link a phone').waitFor()
    await console.inspect('pairing-expired')
  })

  it('restoring, with the progress of all', async () => {
    await show({ status: 'connecting', reason: 'restoring', phone_number: PHONE })
    await console.shows('Connecting')
    server.send({ name: 'restore', data: { done: 12, total: 40, restored: 11, retrying: 1, skipped: 0, failed: 0, finished: false } })
    await console.says('12 of 40')
    await console.inspect('restoring')
    server.send({ name: 'restore', data: { done: 40, total: 40, restored: 39, retrying: 1, skipped: 0, failed: 0, finished: true } })
    await visitor.page.getByRole('progressbar').waitFor({ state: 'hidden' })
    await console.announces('Saved sessions: 39 restored, 1 trying again, 0 skipped, 0 failed.')
  })

  it('an answer that comes late does not undo what the stream told meanwhile', async () => {
    let send = (): void => undefined
    server.delays.set(
      '/api/whatsapp/sessions',
      new Promise((resolve) => {
        send = resolve
      }),
    )
    await show({ status: 'connecting', reason: 'restoring', phone_number: PHONE })
    await console.shows('Connecting')
    server.send({ name: 'status', data: view({ company_id: 'acme', status: 'connected', phone_number: PHONE }) })
    await console.shows('Connected')
    const answered = visitor.page.waitForEvent('requestfinished', (request) => request.url().endsWith('/sessions'))
    send()
    await answered
    // The page has taken the answer before it takes this.
    server.send({ name: 'history', data: { ...change(1, 'connected'), company_id: 'acme' } })
    await visitor.page.locator('.history time').first().waitFor()
    expect(await statusesShown(visitor.page)).toEqual(['connecting', 'connected'])
  })

  it('run by another server: nothing can be pressed', async () => {
    await show({ status: 'disconnected', reason: 'owned_elsewhere', is_local: false, phone_number: PHONE })
    await console.says('Another server runs this connection.')
    expect(await visitor.page.getByRole('group', { name: 'Actions' }).getByRole('button').count()).toBe(0)
    await console.inspect('owned-elsewhere')
  })

  it('a reason that the page does not know is told in the words of the server', async () => {
    await show({ status: 'failed', reason: 'eclipse_of_the_sun', message: 'The sun is gone.' })
    await console.says('The sun is gone.')
  })
})

describe('Designed states of the page', () => {
  it('loading', async () => {
    server.unanswered.add('/api/whatsapp/events').add('/api/whatsapp/history').add('/api/whatsapp/sessions')
    await show({ status: 'connected' })
    await visitor.page.locator('.loading').waitFor()
    await console.inspect('loading')
  })

  it('the server refuses an action, and says until when', async () => {
    await show({ status: 'disconnected', reason: 'never_paired' })
    server.refusals.set('/api/whatsapp/connect', { status: 429, code: 'rate_limited', retryAfterSeconds: 42 })
    await console.button('Link a phone').click()
    await visitor.page.getByRole('alert').getByText('Too many attempts. Try again in 42 sec.').waitFor()
    await console.inspect('refused')
    await console.button('Dismiss').click()
    // Whoever uses the keyboard is not thrown back to the top.
    expect(await visitor.page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
  })

  it('the history cannot be loaded, and what was seen of it before is shown', async () => {
    server.history = [change(60, 'failed', 'restricted')]
    await show({ status: 'connected', phone_number: PHONE })
    const entry = visitor.page.locator('.timeline').getByText('WhatsApp restricted this account.')
    await entry.waitFor()
    server.refusals.set('/api/whatsapp/history', { status: 500, code: 'internal' })
    await visitor.page.reload()
    await entry.waitFor()
  })

  it('the history cannot be loaded, and then can', async () => {
    server.refusals.set('/api/whatsapp/history', { status: 500, code: 'internal' })
    await show({ status: 'connected', phone_number: PHONE })
    await console.says('Could not load what happened.')
    await console.inspect('history-failed')
    server.refusals.clear()
    await console.button('Load again').click()
    await console.says('Nothing has happened yet.')
  })

  it('the server does not answer at all', async () => {
    await visitor.page.route('**/api/me', async (route) => route.abort('connectionrefused'))
    await show({ status: 'connected' })
    await console.says('The server did not answer. Try again in a moment.')
    await console.inspect('no-answer')
    await visitor.page.unroute('**/api/me')
    await console.button('Try now').click()
    await console.shows('Connected')
  })

  it('the token is not valid any more: asks for another one', async () => {
    server.refusals.set('/api/me', { status: 401, code: 'unauthorized' })
    await show({ status: 'connected' })
    await console.says('You were signed out. Sign in again.')
    await console.inspect('signed-out')
    await console.button('Sign in').click()
    await console.says('Paste the token first.')
    expect(await visitor.page.evaluate(() => document.activeElement?.id)).toBe('token')
  })

  it('all companies, each in another state; none; a list that cannot be loaded', async () => {
    server.me = { ...server.me, company_id: null, role: 'admin' }
    server.views = [
      view({ company_id: 'bakery', status: 'connected', phone_number: PHONE }),
      view({ company_id: 'florist', status: 'reconnecting', reason: 'connection_lost', next_retry_at: inSeconds(30), attempt: 2 }),
      view({ company_id: 'garage', status: 'logged_out', reason: 'logged_out' }),
      view({ company_id: 'hotel', status: 'disconnected', reason: 'stopped' }),
      view({ company_id: 'laundry', status: 'pairing' }),
      view({ company_id: 'pharmacy', status: 'failed', reason: 'credentials_corrupt' }),
      view({ company_id: 'school', status: 'connecting', reason: 'restoring' }),
    ]
    server.history = [change(754, 'connected'), change(755, 'connecting', 'restoring')]
    await visitor.page.goto(server.url)
    await console.says('1 of 7 connected')
    await console.inspect('companies')
    await visitor.page.getByRole('link', { name: 'florist' }).click()
    await console.shows('Reconnecting')
    await console.inspect('companies-one')

    server.views = []
    await visitor.page.goto(server.url)
    await visitor.page.reload()
    await console.says('No companies yet.')
    await console.inspect('companies-none')
    server.refusals.set('/api/whatsapp/sessions', { status: 503, code: 'storage_unavailable' })
    await visitor.page.reload()
    await console.says('Could not load the companies.')
    await console.inspect('companies-failed')
  })
})
