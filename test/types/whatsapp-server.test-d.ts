import type * as baileys from '@whiskeysockets/baileys'
import { expectTypeOf, test } from 'vitest'
import type {
  Attempt,
  ClientVersion,
  Kick,
  LinkedDevice,
  LinkingOptions,
  RegistrationRefreshes,
  Scannable,
  WhatsAppServer,
  WhatsAppServerOptions,
} from '../../src/testing/index.js'

declare const server: WhatsAppServer

test('the options of linking are options of the start, and can be changed', () => {
  expectTypeOf<WhatsAppServerOptions>().toExtend<LinkingOptions>()
  expectTypeOf(server.changeLinking).parameters.toEqualTypeOf<[changes: LinkingOptions]>()
  expectTypeOf<LinkingOptions['registration']>().toEqualTypeOf<'current' | 'classic' | undefined>()
  expectTypeOf<LinkingOptions['refreshRegistration']>().toEqualTypeOf<boolean | number | RegistrationRefreshes | undefined>()
  expectTypeOf<LinkingOptions['refusePairingCodes']>().toEqualTypeOf<400 | 429 | 'silence' | false | undefined>()
  expectTypeOf<LinkingOptions['refuseScan']>().toEqualTypeOf<boolean | 'silence' | 'wrong-secret' | 'iq-error' | Kick | undefined>()
  expectTypeOf<LinkingOptions['closeRegistrations']>().toEqualTypeOf<boolean | 'desktop' | undefined>()
  expectTypeOf<baileys.WAVersion>().toExtend<ClientVersion>()
})

test('a phone scans a text, or looks at a screen', () => {
  expectTypeOf<() => string | undefined>().toExtend<Scannable>()
  expectTypeOf<() => Promise<string | undefined>>().toExtend<Scannable>()
  expectTypeOf(server.scanQr).returns.resolves.toEqualTypeOf<LinkedDevice>()
  expectTypeOf(server.sendRefresh).returns.toEqualTypeOf<number>()
})

test('an attempt says what a client registered as, and what it was told', () => {
  expectTypeOf<Pick<Attempt, 'version' | 'browser' | 'refreshesSent' | 'refreshesAcknowledged' | 'passkey'>>().toEqualTypeOf<{
    version: string | null
    browser: string | null
    refreshesSent: number
    refreshesAcknowledged: number
    passkey: 'requested' | 'acknowledged' | null
  }>()
})
