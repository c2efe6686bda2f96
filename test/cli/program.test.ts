import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { programs } from '../../tsup.config.js'

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { bin: unknown }

it('package.json starts the program that the build makes', () => {
  expect(manifest.bin).toEqual({ 'baileys-sessions': './dist/cli.js' })
  expect(programs).toEqual({ cli: 'src/cli/main.ts' })
  expect(existsSync('src/cli/main.ts')).toBe(true)
  expect(readFileSync('src/cli/main.ts', 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/u)
})
