import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { SUITES } from './plan.mjs'

/** Runs the tests of one combination: what passed, what failed and what was skipped with its reason, and the seconds it took. */
export async function runSuite({ suite, baileys, node }, { installs, processes, vitest }) {
  const [cwd, binary] = await Promise.all([installs.checkout(baileys), installs.node(node)])
  const file = join(cwd, 'matrix-result.json')
  rmSync(file, { force: true })
  // What tests leave when they are ended is in here, and goes with it. Other users write there, too.
  const temporary = join(cwd, 'tmp')
  mkdirSync(temporary, { recursive: true })
  chmodSync(temporary, 0o1777)
  // Files that were named stand for themselves.
  const filters = SUITES[suite] ?? []
  const beganAt = Date.now()
  const { code, output } = await processes.run(binary, [
    'node_modules/vitest/vitest.mjs', 'run', ...filters, ...vitest, '--reporter=default', '--reporter=./scripts/matrix/reporter.mjs',
  ], {
    cwd,
    // What the tests start by name is to be this Node, too.
    env: { ...process.env, NO_COLOR: '1', TMPDIR: temporary, MATRIX_RESULT: file, PATH: `${dirname(binary)}${delimiter}${process.env.PATH}` },
  })
  const seconds = Math.round((Date.now() - beganAt) / 1000)
  const result = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { passed: 0, failed: [], skipped: [] }
  if (result.passed + result.failed.length === 0) result.failed.push({ name: 'vitest', why: `ran no test, and ended with ${code}` })
  else if (code !== 0 && result.failed.length === 0) result.failed.push({ name: 'vitest', why: `ended with ${code}` })
  return { ...result, seconds, output }
}
