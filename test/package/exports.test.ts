import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { entries } from '../../tsup.config.js'

interface Manifest {
  exports: Record<string, unknown>
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest

/** What `exports` must say for a built file. */
function conditions(name: string): unknown {
  const file = (extension: string): string => `./dist/${name}.${extension}`
  return {
    import: { types: file('d.ts'), default: file('js') },
    require: { types: file('d.cts'), default: file('cjs') },
  }
}

it('has one subpath per entry of the build, and the other way round', () => {
  const subpaths = Object.keys(entries).map(name => {
    const subpath = name === 'index' ? '.' : `./${name.replace(/\/index$/u, '')}`
    return [subpath, conditions(name)] as const
  })
  expect(manifest.exports).toEqual({ ...Object.fromEntries(subpaths), './package.json': './package.json' })
})

it('builds entries that exist', () => {
  expect(Object.values(entries).filter(file => !existsSync(file))).toEqual([])
})
