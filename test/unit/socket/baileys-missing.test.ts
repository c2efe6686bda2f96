import { expect, it, vi } from 'vitest'
import { INSTALL_BAILEYS, loadBaileys } from '../../../src/socket/baileys-module.js'
import { loadBaileysParts } from '../../../src/testing/whatsapp-server/baileys-parts.js'

vi.mock('@whiskeysockets/baileys', () => {
  throw new Error('Cannot find package')
})

it.each([
  ['the library', loadBaileys],
  ['the WhatsApp server', loadBaileysParts],
])('%s says which Baileys to install when there is none', async (_name, load) => {
  await expect(load(undefined)).rejects.toMatchObject({
    code: 'BAILEYS_UNSUPPORTED',
    message: expect.stringContaining(INSTALL_BAILEYS),
    cause: expect.any(Error),
  })
})
