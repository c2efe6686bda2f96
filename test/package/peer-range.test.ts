import { readFileSync } from 'node:fs'
import semver from 'semver'
import { expect, it } from 'vitest'

const { peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { peerDependencies: Record<string, string> }
const range = peerDependencies['@whiskeysockets/baileys'] ?? ''

it.each(['7.0.0-rc11', '7.0.0-rc12', '7.0.0-rc13', '7.0.0-rc14', '7.0.0-rc20', '7.0.0', '7.3.1', '6.7.18', '6.7.24'])('supports Baileys %s', (version) => {
  expect(semver.satisfies(version, range)).toBe(true)
})

it.each([
  '6.7.17',
  '6.8.0',
  // A stale line that npm calls `latest`.
  '6.17.16',
  // These need a git URL to install.
  '7.0.0-rc.1',
  '7.0.0-rc.9',
  '7.0.0-rc10',
  '8.0.0',
])('does not support Baileys %s', (version) => {
  expect(semver.satisfies(version, range)).toBe(false)
})
