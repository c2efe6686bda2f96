import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SUITE = fileURLToPath(new URL('./runtimes/', import.meta.url))

/** How a runtime is told to run a file. Everything here takes files, the network, processes and the environment. */
const COMMANDS = { bun: ['run'], deno: ['run', '--allow-all'] }

/** Runs the suite of `runtimes` in Bun or Deno, with the packed package: how many cases of each part there were, and what failed. */
export async function runRuntime(runtime, { installs, processes }) {
  const folder = await installs.runtime(runtime)
  cpSync(SUITE, join(folder, 'suite'), { recursive: true })
  const binary = join(folder, 'node_modules', '.bin', runtime)
  const { code, output } = await processes.run(binary, [...COMMANDS[runtime], join('suite', 'main.mjs')], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1' },
  })
  const cases = output.split('\n').flatMap((line) => (line.startsWith('{"suite"') ? JSON.parse(line) : []))
  const countOf = (suite) => cases.filter((one) => one.suite === suite).length
  const failed = cases.filter(({ why }) => why !== null)
  // It says at the end how many it has run, so that none is missing.
  const isWhole = code === 0 && output.includes(`{"cases":${cases.length}}`)
  if (!isWhole) failed.push({ suite: 'sessions', name: runtime, why: `ended with ${code} after ${cases.length} cases` })
  return { counts: { contracts: countOf('contracts'), sessions: countOf('sessions') }, failed, output }
}
