import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { SUITES } from './plan.mjs'

/**
 * Runs the tests of one combination: what passed, what failed and what was skipped with its reason, and the seconds it took. Files in
 * which something fails run again by themselves, in case the machine was too busy; `again` counts what passed only then.
 */
export async function runSuite({ suite, baileys, node }, { installs, processes, vitest }) {
  const [cwd, binary] = await Promise.all([installs.checkout(baileys), installs.node(node)])
  // Files given by name are run as they are.
  const chosen = SUITES[suite] ?? suite.split(' ')
  const flags = [...chosen, ...vitest].filter((argument) => argument.startsWith('-'))
  const run = (filters) => runVitest(binary, [...filters, ...flags], cwd, processes)
  const beganAt = Date.now()
  const first = await run(chosen.filter((argument) => !argument.startsWith('-')))
  const files = [...new Set(first.failed.map(({ file }) => file))]
  const second = files.length > 0 && !files.includes(null) ? await run(files) : null
  const result = second === null ? { ...first, again: 0 } : mergeRuns(first, second)
  return { ...result, seconds: Math.round((Date.now() - beganAt) / 1000) }
}

function mergeRuns(first, second) {
  const stillFailing = new Set(second.failed.map(({ name }) => name))
  // If a file could not be loaded at first, nobody has counted its tests yet.
  const isWhole = first.failed.every(({ file, name }) => name !== file)
  const failed = isWhole ? [...first.failed.filter(({ name }) => stillFailing.has(name)), ...second.failed.filter(({ file }) => file === null)] : first.failed
  const again = first.failed.length - failed.length
  return { passed: first.passed + again, failed, skipped: first.skipped, again, output: `${first.output}\n${second.output}` }
}

async function runVitest(binary, args, cwd, processes) {
  const file = join(cwd, 'matrix-result.json')
  rmSync(file, { force: true })
  // What killed tests leave behind is in here, and is removed with it. Other users write there, too.
  const temporary = join(cwd, 'tmp')
  mkdirSync(temporary, { recursive: true })
  chmodSync(temporary, 0o1777)
  const { code, output } = await processes.run(
    binary,
    ['node_modules/vitest/vitest.mjs', 'run', ...args, '--reporter=default', '--reporter=./scripts/matrix/reporter.mjs'],
    {
      cwd,
      // What the tests start by name must be this Node, too.
      env: { ...process.env, NO_COLOR: '1', TMPDIR: temporary, MATRIX_RESULT: file, PATH: `${dirname(binary)}${delimiter}${process.env.PATH}` },
    },
  )
  const result = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { passed: 0, failed: [], skipped: [] }
  const ended = (why) => {
    result.failed.push({ file: null, name: 'vitest', why: `${why} ${code}` })
  }
  if (result.passed + result.failed.length === 0) ended('ran no test, and ended with')
  else if (code !== 0 && result.failed.length === 0) ended('ended with')
  return { ...result, output }
}
