import { build, type Plugin } from 'esbuild'
import { readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Mutant } from './mutants.js'

const SOURCES = fileURLToPath(new URL('../../../src', import.meta.url))
const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

/** Makes one file of the simulation and the code under test, with a mutant in it or without. */
export async function bundleSimulation(outfile: string, mutant: Mutant | null): Promise<void> {
  await build({
    entryPoints: [MAIN],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'error',
    // Only real sockets need it, and none is made here.
    external: ['@whiskeysockets/baileys'],
    // fake-timers is CommonJS and asks for modules of Node.
    banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url)" },
    plugins: mutant === null ? [] : [breaking(mutant)],
  })
}

/** The source of a file with the mutant in it. Throws when the code has changed so that the mutant means nothing any more. */
export function mutate({ file, what, replace: [text, by] }: Mutant): string {
  const source = readFileSync(join(SOURCES, file), 'utf8')
  const parts = source.split(text)
  if (parts.length !== 2) throw new Error(`The mutant "${what}" replaces a text that ${file} holds ${parts.length - 1} times.`)
  return parts.join(by)
}

function breaking(mutant: Mutant): Plugin {
  return {
    name: 'mutant',
    setup: ({ onLoad }) => {
      onLoad({ filter: /\.ts$/ }, ({ path }) =>
        relative(SOURCES, path).split(sep).join('/') === mutant.file ? { contents: mutate(mutant), loader: 'ts' } : null,
      )
    },
  }
}
