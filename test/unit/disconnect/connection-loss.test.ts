import { describe, expect, it } from 'vitest'
import { type ConnectionLoss, readConnectionLoss } from '../../../src/disconnect/disconnect-cause.js'
import { FakeBoom } from '../../../src/testing/index.js'

const at = new Date('2026-01-02T03:04:05Z')
const NO_MESSAGE = 'The connection was closed.'

const boom = (statusCode: number, message: string, data?: unknown): FakeBoom => new FakeBoom(message, { statusCode, data })

const rows: [name: string, lastDisconnect: unknown, expected: Omit<ConnectionLoss, 'at'>][] = [
  [
    'a Boom in { error, date }',
    { error: boom(440, 'Stream Errored (conflict)'), date: at },
    { code: 440, message: 'Stream Errored (conflict)', attributes: {} },
  ],
  ['a bare Boom', boom(428, 'Connection Terminated'), { code: 428, message: 'Connection Terminated', attributes: {} }],
  ['a plain error in { error }', { error: new Error('ECONNRESET') }, { code: null, message: 'ECONNRESET', attributes: {} }],
  ['a bare error', new Error('late'), { code: null, message: 'late', attributes: {} }],
  ['an error without a message', { error: new Error('') }, { code: null, message: NO_MESSAGE, attributes: {} }],
  ['{ error: undefined }', { error: undefined, date: at }, { code: null, message: NO_MESSAGE, attributes: {} }],
  ['nothing', undefined, { code: null, message: NO_MESSAGE, attributes: {} }],
  ['null', null, { code: null, message: NO_MESSAGE, attributes: {} }],
  ['a number', 408, { code: null, message: NO_MESSAGE, attributes: {} }],
  ['a text', { error: 'gone' }, { code: null, message: NO_MESSAGE, attributes: {} }],
  ['a code that is a text', { error: { message: 'm', output: { statusCode: '401' } } }, { code: null, message: 'm', attributes: {} }],
  ['an output that is no object', { error: { message: 'm', output: 7 } }, { code: null, message: 'm', attributes: {} }],
  ['a message that is no text', { error: { message: 7, output: { statusCode: 500 } } }, { code: 500, message: NO_MESSAGE, attributes: {} }],
  [
    'a node as data',
    { error: boom(403, 'x', { tag: 'failure', attrs: { reason: '403', expire: '60' } }) },
    { code: 403, message: 'x', attributes: { reason: '403', expire: '60' } },
  ],
  ['attributes as data', { error: boom(402, 'x', { reason: '402', expire: '60' }) }, { code: 402, message: 'x', attributes: { reason: '402', expire: '60' } }],
  [
    'attributes that are no texts',
    { error: boom(402, 'x', { reason: 402, nested: {}, kept: 'yes' }) },
    { code: 402, message: 'x', attributes: { kept: 'yes' } },
  ],
  ['a text as data', { error: boom(500, 'x', 'text') }, { code: 500, message: 'x', attributes: {} }],
]

describe('readConnectionLoss', () => {
  it.each(rows)('reads %s', (_name, lastDisconnect, expected) => {
    const { error: _error, ...read } = readConnectionLoss(lastDisconnect, at)
    expect(read).toEqual({ ...expected, at })
  })

  it('keeps the error as it came', () => {
    const error = boom(428, 'Connection Closed')
    expect(readConnectionLoss({ error }, at).error).toBe(error)
    expect(readConnectionLoss(undefined, at).error).toBeUndefined()
  })
})
