import { describe, expect, it } from 'vitest'
import { expectTidy, runDemo } from './run-demo.js'

const SESSION_IDS = ['bakery', 'garage', 'florist']

describe.concurrent('npm run demo', { timeout: 90_000 }, () => {
  it('links three sessions, kills the process while it saves, and restores all without a QR code', { tags: 'full' }, async () => {
    const run = await runDemo([])
    expectTidy(run)
    expect(run.exitCode, run.output).toBe(0)
    expect(run.output).toMatch(/SIGKILL to \d+\. Writes cut off: [1-9]\d*\. Every creds\.json is whole\./)
    for (const sessionId of SESSION_IDS) {
      for (const status of ['pairing', 'connecting', 'connected']) expect(run.output).toMatch(new RegExp(`^ +\\d+\\.\\d s  ${sessionId} +${status}\\b`, 'm'))
      expect(run.output).toMatch(new RegExp(`^${sessionId} +connected +connected +\\d+\\.\\d\\d s +no$`, 'm'))
    }
    for (const done of [1, 2, 3]) expect(run.output).toContain(`restoreAll: done ${done} of 3`)
    expect(run.output).not.toContain('disconnected')
    expect(run.output).toContain('messages sent while no process ran: 3, received now: 3')
    expect(run.lines.at(-2)).toBe('All sessions came back by themselves.')
  })

  it('puts stock Baileys through the same scene with --compare', { tags: 'full' }, async () => {
    const run = await runDemo(['--compare'])
    expectTidy(run)
    expect(run.exitCode, run.output).toBe(0)
    expect(run.output).toMatch(/^stock Baileys +bakery +disconnected +connected /m)
    expect(run.output).toMatch(/^baileys-sessions +bakery +connecting +connected +connected +\d+\.\d\d s +no$/m)
    // Every other kill of stock code leaves its creds whole: whether it was lucky this time is told, and not expected.
    expect(run.output).toMatch(/^Stock (?:lost the creds of|was lucky)/m)
    expect(run.lines.at(-2)).toMatch(/^baileys-sessions was killed (?:once|\d+ times) while it saved, and every session came back by itself\.$/)
  })

  it('leaves nothing behind when it is interrupted', { tags: 'full' }, async () => {
    const run = await runDemo([], 'florist  connecting')
    expectTidy(run)
    expect(run.exitCode).toBe(130)
  })

  it('refuses an option that it does not know', { tags: 'full' }, async () => {
    const run = await runDemo(['--comparison'])
    expectTidy(run)
    expect(run.exitCode).toBe(1)
    expect(run.output).toContain('--comparison')
  })
})
