import { readFileSync } from 'node:fs'
import type { Options } from 'tsup'
import typescript from 'typescript'
import subpaths from './entries.json' with { type: 'json' }

/** The source of each built file, named as below `src`. */
const entries = Object.fromEntries(Object.values(subpaths).map((source) => [source.replace(/^src\/|\.ts$/gu, ''), source]))

/** What `bin` of package.json starts; nobody imports it. */
export const programs: Record<string, string> = { cli: 'src/cli/main.ts' }

/** What is built into the program `cli`, and nowhere else: THIRD-PARTY-LICENSES.md has their licences. */
export const bundled: readonly string[] = ['qr']

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

/** esbuild keeps the comments inside classes. They are for those who have the source; the public ones are in the types. */
const withoutComments: Plugin = {
  name: 'without-comments',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const { ESNext } = typescript.ScriptTarget
      const compilerOptions = { target: ESNext, module: typescript.ModuleKind.ESNext, verbatimModuleSyntax: true, removeComments: true }
      return { contents: typescript.transpileModule(readFileSync(path, 'utf8'), { compilerOptions }).outputText, loader: 'js' }
    })
  },
}

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
  esbuildPlugins: [withoutComments],
  dts: { entry: entries },
  clean: true,
  silent: true,
}

export default config
