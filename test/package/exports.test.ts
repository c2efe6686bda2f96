import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { entries } from '../../tsup.config.js'

interface Manifest {
  main: string
  types: string
  typesVersions: Record<string, Record<string, string[]>>
  exports: Record<string, unknown>
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest

/** What `exports` must say for a built file. */
function conditions(name: string): unknown {
  return {
    import: { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` },
    require: { types: `./dist/${name}.d.cts`, default: `./dist/${name}.cjs` },
  }
}

function subpathOf(name: string): string {
  return name.replace(/\/?index$/u, '')
}

it('has one subpath per entry of the build, and the other way round', () => {
  const subpaths = Object.keys(entries).map(name => [`./${subpathOf(name)}`.replace(/\/$/u, ''), conditions(name)] as const)
  expect(manifest.exports).toEqual({ ...Object.fromEntries(subpaths), './package.json': './package.json' })
})

it('says the same to compilers that do not know `exports`', () => {
  const subpaths = Object.keys(entries).filter(name => subpathOf(name) !== '')
  const types = subpaths.map(name => [subpathOf(name), [`./dist/${name}.d.cts`]] as const)
  expect(manifest).toMatchObject({ main: './dist/index.cjs', types: './dist/index.d.cts' })
  expect(manifest.typesVersions).toEqual({ '*': Object.fromEntries(types) })
})

it('builds entries that exist', () => {
  expect(Object.values(entries).filter(file => !existsSync(file))).toEqual([])
})
