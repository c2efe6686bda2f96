import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { findBrowser } from './find-browser.js'
import { recordStatuses } from './status-record.js'

/** Beside keeping quiet, it cannot find any host: what wants to leave this machine fails, and is noticed. */
const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
]

/** The longest wait for something to appear on a page. */
export const WAIT_MS = 30_000

/** Starts a browser with a new profile, which is removed when it is closed. */
export async function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: findBrowser(), args: FLAGS, headless: true })
}

/** Who sits in front of the browser. */
export interface Visitor {
  /** The language of the browser: English unless told. */
  locale?: string
}

/** A page of somebody, and everything that went wrong on it. */
export interface Visit {
  context: BrowserContext
  page: Page
  /** Messages of the console that are errors or warnings, exceptions, and requests that went elsewhere than to 127.0.0.1. */
  problems: string[]
}

/** Somebody with cookies of their own. */
export async function visit(browser: Browser, { locale = 'en-GB' }: Visitor = {}): Promise<Visit> {
  const context = await browser.newContext({ locale, timezoneId: 'UTC', viewport: { width: 1180, height: 820 }, reducedMotion: 'reduce', colorScheme: 'light' })
  context.setDefaultTimeout(WAIT_MS)
  await context.addInitScript(recordStatuses)
  const problems: string[] = []
  context.on('request', (request) => {
    if (new URL(request.url()).hostname !== '127.0.0.1') problems.push(`A request left this machine: ${request.url()}`)
  })
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(`${message.type()}: ${message.text()} ${message.location().url}`)
  })
  context.on('weberror', (error) => {
    problems.push(`Exception: ${error.error().stack ?? String(error.error())}`)
  })
  return { context, page: await context.newPage(), problems }
}
