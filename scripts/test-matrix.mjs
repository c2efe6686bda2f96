// The tests with every supported version of Baileys and Node: see `npm run test:matrix -- --help`.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compatibilityPage } from './matrix/compatibility-page.mjs'
import { detectFeatures } from './matrix/detect-features.mjs'
import { Installs } from './matrix/installs.mjs'
import { parseOptions, USAGE, UsageError } from './matrix/options.mjs'
import { planRuns, planRuntimes } from './matrix/plan.mjs'
import { Processes } from './matrix/processes.mjs'
import { skippedOf, tableOf } from './matrix/report.mjs'
import { runRuntime } from './matrix/run-runtime.mjs'
import { runSuite } from './matrix/run-suite.mjs'
import { ROOT, VERSIONS } from './matrix/versions.mjs'

const processes = new Processes()

try {
  process.exitCode = await main(parseOptions(process.argv.slice(2)))
} catch (error) {
  console.error(error instanceof UsageError ? `${error.message}\n\n${USAGE}` : error.message)
  process.exitCode = 2
}

async function main(options) {
  if (options.help) {
    console.log(USAGE)
    return 0
  }
  const runs = planRuns(options)
  const runtimes = planRuntimes(options)
  if (options.list) {
    console.log([tableOf(runs), ...runtimes.map((name) => `${name} ${VERSIONS.runtimes[name]}`)].join('\n'))
    return 0
  }
  const folder = mkdtempSync(join(tmpdir(), 'baileys-sessions-matrix-'))
  // Some tests start processes as another user, with the Node and the sources in this folder.
  chmodSync(folder, 0o755)
  const clean = () => {
    processes.kill()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ]) {
    process.once(signal, () => {
      clean()
      process.exit(code)
    })
  }
  try {
    const tools = { installs: new Installs(folder, processes), processes, vitest: options.vitest }
    if (runs.length > 0) await runAll(runs, tools)
    const runtimeResults = await runRuntimes(runtimes, tools)
    const isGood = [...runs, ...runtimeResults].every(({ result }) => result.failed.length === 0)
    if (options.write && isGood) await writePage(runs, runtimeResults, tools)
    return isGood ? 0 : 1
  } finally {
    clean()
  }
}

async function runAll(runs, tools) {
  console.log("The matrix needs the network, or npm's cache, for its installs.")
  for (const [index, run] of runs.entries()) {
    tools.installs.begin(run)
    // While the tests run, what the next ones need is installed.
    if (index + 1 < runs.length) tools.installs.begin(runs[index + 1])
    console.log(`Node ${run.node}, Baileys ${run.baileys}: ${run.suite} ...`)
    run.result = await runSuite(run, tools)
    const { passed, again, failed, output } = run.result
    console.log(`  ${passed} passed, ${again} of them on the second run, ${failed.length} failed`)
    if (failed.length === 0) continue
    console.log(output)
    for (const { name, why } of failed) console.log(`  FAILED ${name}: ${why}`)
  }
  console.log(`\n${tableOf(runs)}`)
  for (const { why, names, where } of skippedOf(runs)) console.log([`skipped with ${where}: ${why}`, ...names].join('\n  '))
}

async function runRuntimes(runtimes, tools) {
  const results = []
  for (const runtime of runtimes) {
    console.log(`${runtime} ${VERSIONS.runtimes[runtime]}: the packed package ...`)
    const result = await runRuntime(runtime, tools)
    results.push({ runtime, result })
    console.log(`  ${result.counts.contracts} cases of the contracts, ${result.counts.sessions} with sessions, ${result.failed.length} failed`)
    for (const { suite, name, why } of result.failed) console.log(`  FAILED ${suite} > ${name}: ${why}`)
  }
  return results
}

async function writePage(runs, runtimeResults, tools) {
  const features = {}
  for (const version of VERSIONS.baileys) features[version] = await detectFeatures(version, tools)
  writeFileSync(join(ROOT, 'docs', 'compatibility.md'), compatibilityPage(runs, features, runtimeResults))
  console.log('Wrote docs/compatibility.md.')
}
