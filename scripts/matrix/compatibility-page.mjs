import { readFileSync } from 'node:fs'
import { planRuns, SUITES } from './plan.mjs'
import { skippedOf } from './report.mjs'
import { UPCOMING_BAILEYS } from './upcoming-baileys.mjs'
import { INSTALLED_BAILEYS, VERSIONS } from './versions.mjs'

/** docs/compatibility.md, from what was run and what was detected: `features` by version of Baileys, `runtimes` beside Node. */
export function compatibilityPage(runs, features, runtimes) {
  return `${[
    '# Versions of Baileys and Node',
    '`npm run test:matrix -- --write` writes this page from what it ran and detected. Do not edit it by hand.',
    '## What was run',
    table(
      ['Node', 'Baileys', 'tests', 'passed', 'skipped'],
      runs.map(({ node, baileys, suite, result }) => [VERSIONS.node[node], baileys, suite, result.passed, result.skipped.length]),
    ),
    `\`all\` is what \`npm test\` and \`npm run test:full\` run; \`e2e\` is ${SUITES.e2e.map((name) => `\`${name}\``).join(' and ')}, with real Baileys against the loopback server. ${outcomeOf(runs)}`,
    ...skippedPart(runs),
    '## What a version of Baileys cannot do',
    'The matrix detects each feature by trying it, never by the version number (`test/support/baileys-features.ts`).',
    table(
      ['feature', ...VERSIONS.baileys],
      features[INSTALLED_BAILEYS].map(({ name, what }, index) => [
        `\`${name}\`: ${what}`,
        ...VERSIONS.baileys.map((version) => (features[version][index].has ? 'yes' : 'no')),
      ]),
    ),
    'What you notice without it:',
    features[INSTALLED_BAILEYS].map(({ name, without }) => `- \`${name}\`: ${without}`).join('\n'),
    `Baileys 6.7 asks npm for libsignal by a git URL, and 6.7.18 for a package of its own lint, too. \`"overrides": ${JSON.stringify(VERSIONS.overrides)}\` in your \`package.json\` installs both from the registry.`,
    `The types are for TypeScript ${minorOf(VERSIONS.oldestTypeScript)} or later, which is tried with ${VERSIONS.oldestTypeScript}.`,
    ...UPCOMING_BAILEYS,
    ...runtimesPart(runtimes),
    ...supportPart(),
    '## What CI runs',
    `CI has less time, so it runs less: ${planRuns({ ci: true })
      .map(({ node, baileys, suite }) => `${suite} with Node ${node} and Baileys ${baileys}`)
      .join(
        '; ',
      )}. ${['e2e core', 'e2e linking'].map((suite) => `\`${suite}\` is ${SUITES[suite].map((name) => `\`${name.slice('test/e2e/'.length)}\``).join(', ')}.`).join(' ')} \`unit, scenario, contract\` is these folders without what is tagged \`full\`. It also runs everything with the Node that CI has.`,
  ].join('\n\n')}\n`
}

/** Bun and Deno, with what was tried there. */
export function runtimesPart(runtimes) {
  return [
    '## Bun and Deno',
    `The matrix also installs the package as it is published, with Baileys ${INSTALLED_BAILEYS}, and runs \`scripts/matrix/runtimes\` in both: the contract suites on the stores, locks and repositories that need no server, and what an application does all day, with real Baileys against the loopback server.`,
    table(
      ['runtime', 'cases of the contracts', 'with sessions', 'failed'],
      runtimes.map(({ runtime, result: { counts, failed } }) => [
        `${runtime === 'bun' ? 'Bun' : 'Deno'} ${VERSIONS.runtimes[runtime]}`,
        counts.contracts,
        counts.sessions,
        failed.length,
      ]),
    ),
    `A session ${sessionCases().join('; ')}.`,
    'Everything that was tried holds in both: the page is written only then. They bring `node:sqlite`, which `openSqliteDatabase` finds, and their promises pay nothing for a storage, so that [the remedy](scale.md#what-the-remedy-does) is not needed. Deno was started with `--allow-all`.',
    'Nothing else is tried there: no Redis, no PostgreSQL, no cluster, no memory that must not grow over days, and the rest of the tests only in Node.',
  ]
}

/** The suite itself can be loaded only where the package is installed. */
function sessionCases() {
  const source = readFileSync(new URL('./runtimes/sessions.mjs', import.meta.url), 'utf8')
  return [...source.matchAll(/^ {2}'(.+)': /gmu)].map(([, name]) => name)
}

/** Until when each Node is supported. */
function supportPart() {
  const rows = Object.entries(VERSIONS.nodeEndOfLife).map(([major, date]) => [major, date, date.replace(/^\d+/u, (year) => String(Number(year) + 1))])
  return [
    '## Until when a Node is supported',
    'Each is tried, and what fails on it is mended, until a year after its own end of life, so that nobody has to change Node and this library at once. Taking one away raises the first number of the version that is not 0, and is announced in the changelog.',
    table(['Node', 'its end of life', 'supported here until'], rows),
    'Node itself gets no security fixes after its end of life: Node 20 has none since April 2026. Use it only as long as you must.',
  ]
}

function minorOf(version) {
  return version.split('.').slice(0, 2).join('.')
}

function outcomeOf(runs) {
  const again = runs.reduce((sum, { result }) => sum + result.again, 0)
  return again === 0 ? 'Nothing failed.' : `${again} of them passed only when their files were run again.`
}

function skippedPart(runs) {
  const skipped = skippedOf(runs)
  return skipped.length === 0
    ? []
    : ['Skipped:', skipped.map(({ why, names, where }) => [`- ${where}: ${why}`, ...names.map((name) => `  - ${name}`)].join('\n')).join('\n')]
}

function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
