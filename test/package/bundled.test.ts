import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { bundled } from '../../tsup.config.js'
import { readImports } from './source-imports.js'

interface Manifest {
  license: string
  files: string[]
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
}

// Written by npm, or by hand.
const read = (file: string): Manifest => JSON.parse(readFileSync(file, 'utf8')) as Manifest
const manifest = read('package.json')

it('whoever installs the package installs one more', () => {
  expect(Object.keys(manifest.dependencies)).toEqual(['eventemitter3'])
})

it.each(bundled)('%s is built into the command line alone, with its licence', (name) => {
  expect(manifest.devDependencies).toHaveProperty(name)
  expect(
    readImports()
      .filter(({ to }) => to === name)
      .map(({ from }) => from.split('/')[0]),
  ).toEqual(['cli'])
  expect(read(`node_modules/${name}/package.json`).license).toContain('MIT')
  const licences = readFileSync('THIRD-PARTY-LICENSES.md', 'utf8')
  expect(licences).toContain(`\n## ${name}\n`)
  expect(licences).toContain(readFileSync(`node_modules/${name}/LICENSE-MIT`, 'utf8').trim())
  expect(manifest.files).toContain('THIRD-PARTY-LICENSES.md')
})
