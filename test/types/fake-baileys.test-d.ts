import type * as real from '@whiskeysockets/baileys'
import { expectTypeOf, test } from 'vitest'
import type { BaileysModule } from '../../src/socket/baileys-module.js'
import type { FakeBaileys } from '../../src/testing/index.js'

test('the real module and the fake are what a manager takes', () => {
  expectTypeOf<typeof real>().toExtend<BaileysModule>()
  expectTypeOf<FakeBaileys>().toExtend<BaileysModule>()
})
