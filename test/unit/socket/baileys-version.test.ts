import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  describeUnsupported,
  INSTALL_BAILEYS,
  isSupportedBaileys,
  readInstalledVersion,
  RECOMMENDED_BAILEYS_VERSION,
} from '../../../src/socket/baileys-module.js'

describe('the versions of Baileys', () => {
  it.each([
    ['7.0.0-rc11', true],
    ['7.0.0-rc14', true],
    ['7.0.0-rc100', true],
    ['7.0.0', true],
    ['7.3.1', true],
    ['7.1.0-rc1', true],
    ['7.0.1-rc.2', true],
    ['7.0.0-rc10', false],
    ['7.0.0-rc.9', false],
    ['7.0.0-rc9', false],
    ['6.7.18', true],
    ['6.7.24', true],
    ['6.7.17', false],
    ['6.7.18-rc1', false],
    ['6.8.0', false],
    ['6.17.16', false],
    ['8.0.0', false],
    ['5.0.0', false],
    ['latest', false],
    ['', false],
  ])('%s: %s', (version, isSupported) => {
    expect(isSupportedBaileys(version)).toBe(isSupported)
    expect(describeUnsupported(version) === null).toBe(isSupported)
  })

  it('one outside the range is named with what is supported, and with the command that installs one', () => {
    expect(describeUnsupported('6.17.16')).toMatch(/^Baileys 6\.17\.16 is installed.*7\.0\.0-rc11.*6\.7\.18/)
    expect(describeUnsupported('6.17.16')).toContain(INSTALL_BAILEYS)
  })

  it('the recommended one is supported, and the one that the tests run with', () => {
    const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { devDependencies: Record<string, string> }
    expect(RECOMMENDED_BAILEYS_VERSION).toBe(manifest.devDependencies['@whiskeysockets/baileys'])
    expect(isSupportedBaileys(RECOMMENDED_BAILEYS_VERSION)).toBe(true)
    expect(INSTALL_BAILEYS).toBe(`npm i @whiskeysockets/baileys@${RECOMMENDED_BAILEYS_VERSION}`)
  })

  it('says nothing about one that cannot be told', () => {
    expect(describeUnsupported(null)).toBeNull()
  })

  it('the installed one is read from its own description', async () => {
    expect(await readInstalledVersion()).toBe(RECOMMENDED_BAILEYS_VERSION)
  })
})
