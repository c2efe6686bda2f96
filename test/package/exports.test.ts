import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import entries from '../../entries.json' with { type: 'json' }

interface Manifest {
  main: string
  types: string
  typesVersions: Record<string, Record<string, string[]>>
  exports: Record<string, unknown>
}

const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'))

// Written by npm, or by hand.
const manifest = read('package.json') as Manifest

/** Each subpath, its source, and the name of what is built from that. */
const list = Object.entries(entries).map(([subpath, source]) => ({ subpath, source, built: source.replace(/^src\/|\.ts$/gu, '') }))

/** What `exports` must say for a built file. */
function conditions(built: string): unknown {
  return {
    import: { types: `./dist/${built}.d.ts`, default: `./dist/${built}.js` },
    require: { types: `./dist/${built}.d.cts`, default: `./dist/${built}.cjs` },
  }
}

// tsup.config.ts, vitest.config.ts, scripts/check-packed.mjs and the check of the pages' code read the list by themselves.

it('lists entries that exist', () => {
  expect(Object.values(entries).filter((source) => !existsSync(source))).toEqual([])
})

it('is what `exports` of package.json offers', () => {
  const expected = list.map(({ subpath, built }) => [subpath, conditions(built)] as const)
  expect(manifest.exports).toEqual({ ...Object.fromEntries(expected), './package.json': './package.json' })
})

it('is what compilers find that do not know `exports`', () => {
  const expected = list.filter(({ subpath }) => subpath !== '.').map(({ subpath, built }) => [subpath.slice('./'.length), [`./dist/${built}.d.cts`]] as const)
  expect(manifest).toMatchObject({ main: './dist/index.cjs', types: './dist/index.d.cts' })
  expect(manifest.typesVersions).toEqual({ '*': Object.fromEntries(expected) })
})

it('is what the compiler finds under the name of the package', () => {
  const paths = Object.fromEntries(list.map(({ subpath, source }) => [`baileys-sessions${subpath.slice(1)}`, [`./${source}`]]))
  expect(read('tsconfig.json')).toHaveProperty('compilerOptions.paths', paths)
})

it('is what the site of the API documents', () => {
  expect(read('typedoc.json')).toHaveProperty('entryPoints', Object.values(entries))
})

it('is where the search for dead code begins', () => {
  expect(read('knip.json')).toHaveProperty('entry', expect.arrayContaining(Object.values(entries)))
})
