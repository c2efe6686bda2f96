import { expect, it } from 'vitest'
import { statusDrawing } from '../../examples/express/public/status-words.js'

it('each state has an icon of its own', () => {
  const resting = ['never_paired', 'stopped', 'not_running', 'waiting_for_capacity'].map((reason) => statusDrawing({ status: 'disconnected', reason }))
  const others = (['connecting', 'pairing', 'connected', 'reconnecting', 'logged_out', 'failed'] as const).map((status) =>
    statusDrawing({ status, reason: null }),
  )
  const all = [...resting, ...others]
  expect(new Set(all).size).toBe(all.length)
})
