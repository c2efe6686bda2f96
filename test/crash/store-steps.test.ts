import { describe, expect, it } from 'vitest'
import type { DiskCall } from '../support/recorded-disk/disk-call.js'
import { openModeOf } from '../support/recorded-disk/disk-call.js'
import { type StoreStep, stepOf } from './store-steps.js'

const CALLS: readonly (readonly [StoreStep | null, DiskCall])[] = [
  ['take-lock', { kind: 'link', path: '.baileys-sessions/heartbeats/0a', to: '.baileys-sessions/locks/7/ab.3' }],
  ['take-lock', { kind: 'unlink', path: '.baileys-sessions/locks/7/ab.2' }],
  ['give-lock-back', { kind: 'rename', path: '.baileys-sessions/locks/7/ab.3', to: '.baileys-sessions/locks/7/ab.3.released' }],
  ['begin-journal', { kind: 'mkdir', path: 'session-shop/.lease-3' }],
  ['begin-journal', { kind: 'open', path: 'session-shop/.lease-3/journal', mode: openModeOf('ax') }],
  ['append', { kind: 'write', path: 'session-shop/.lease-3/journal', file: 20 }],
  ['append', { kind: 'write', path: 'session-shop/.lease-3-0f0f/journal', file: 20 }],
  ['sync', { kind: 'sync', path: 'session-shop/.lease-3/journal', file: 20 }],
  ['seal', { kind: 'rename', path: 'session-shop/.lease-2', to: 'session-shop/.sealed-2' }],
  ['fold-text', { kind: 'write', path: 'session-shop/.sealed-2/1.tmp', file: 21 }],
  ['fold-text', { kind: 'sync', path: 'session-shop/.sealed-2/1.tmp', file: 21 }],
  ['fold-file', { kind: 'rename', path: 'session-shop/.sealed-2/1.tmp', to: 'session-shop/creds.json' }],
  ['fold-removal', { kind: 'rename', path: 'session-shop/pre-key-1.json', to: 'session-shop/.lease-3/2.tmp' }],
  ['fold-removal', { kind: 'unlink', path: 'session-shop/.lease-3/2.tmp' }],
  ['names', { kind: 'rename', path: 'session-shop/.lease-3/1.tmp', to: 'session-shop/.names.json' }],
  ['fold-sync', { kind: 'sync', path: 'session-shop', file: 22 }],
  ['cut', { kind: 'truncate', path: 'session-shop/.lease-3/journal', length: 0 }],
  ['remove-journal', { kind: 'unlink', path: 'session-shop/.lease-3/journal' }],
  ['remove-journal', { kind: 'rmdir', path: 'session-shop/.lease-3' }],
  [null, { kind: 'stat', path: 'session-shop/.lease-3/journal' }],
  [null, { kind: 'open', path: 'session-shop/creds.json', mode: openModeOf('r') }],
  [null, { kind: 'mkdir', path: 'session-shop' }],
]

describe('the step of a call to the disk', () => {
  it.each(CALLS)('is %s: %o', (step, call) => {
    expect(stepOf(call)).toBe(step)
  })
})
