import type { Options } from 'tsup'
import subpaths from './entries.json' with { type: 'json' }

/** The source of each built file, named as below `src`. */
const entries = Object.fromEntries(Object.values(subpaths).map((source) => [source.replace(/^src\/|\.ts$/gu, ''), source]))

/** What `bin` of package.json starts; nobody imports it. */
export const programs: Record<string, string> = { cli: 'src/cli/main.ts' }

/** What is built into the program `cli`, and nowhere else: THIRD-PARTY-LICENSES.md has their licences. */
export const bundled: readonly string[] = ['qr']

const config: Options = {
  entry: { ...entries, ...programs },
  format: ['esm', 'cjs'],
  target: 'node20',
  // Shared chunks in both formats: one SessionError class for all entries.
  splitting: true,
  // Through rollup, which leaves `import()` alone in CommonJS: Baileys is ESM only, so it must not become `require`.
  treeshake: true,
  skipNodeModulesBundle: true,
  noExternal: [...bundled],
  // `import.meta.url` in CommonJS, from which the version of the installed Baileys is read.
  shims: true,
  dts: { entry: entries },
  sourcemap: true,
  clean: true,
  silent: true,
}

export default config
