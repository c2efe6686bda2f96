import { expect, it, vi } from 'vitest'
import { Closing } from '../../../src/ownership/closing.js'

it('refuses calls from the moment on at which it is told to close', async () => {
  const closing = new Closing()
  closing.assertOpen('a')
  expect(closing.hasBegun).toBe(false)
  const ending = closing.run(async () => undefined)
  expect(closing.hasBegun).toBe(true)
  expect(() => { closing.assertOpen('a') }).toThrow(expect.objectContaining({ code: 'STORE_UNAVAILABLE', sessionId: 'a' }))
  await ending
  expect(() => { closing.assertOpen() }).toThrow('The store was closed. Make a new one.')
})

it('lets go once, however often it is told', async () => {
  const closing = new Closing()
  const letGo = vi.fn(async () => undefined)
  await Promise.all([closing.run(letGo), closing.run(letGo)])
  await closing.run(letGo)
  expect(letGo).toHaveBeenCalledOnce()
})

it('tries again when that failed, and stays closed meanwhile', async () => {
  const closing = new Closing()
  await expect(closing.run(async () => { throw new Error('no disk') })).rejects.toThrow('no disk')
  expect(() => { closing.assertOpen() }).toThrow('The store was closed')
  await closing.run(async () => undefined)
})
