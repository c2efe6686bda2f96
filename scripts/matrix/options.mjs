import { INSTALLED_BAILEYS, VERSIONS } from './versions.mjs'

export const USAGE = `npm run test:matrix [-- options [-- vitest arguments]]

Runs the tests with the supported versions of Baileys and Node, one after the other. It needs the network, or npm's cache, only
for the installs. It works in a temporary folder and removes it at the end.

  --baileys LIST   versions of Baileys, separated by commas (default: ${VERSIONS.baileys.join(',')})
  --node LIST      major versions of Node (default: ${Object.keys(VERSIONS.node).join(',')})
  --only e2e|all   the end-to-end tests, or all (default: all with Baileys ${INSTALLED_BAILEYS}, else e2e)
  --runtimes       the packed package in Bun and Deno, and nothing else
  --ci             the part that CI has time for
  --write          writes docs/compatibility.md if everything passed; only without the options above
  --list           lists what would run, and runs nothing

Without --baileys and --node: every Node with Baileys ${INSTALLED_BAILEYS}, every other Baileys with Node ${Object.keys(VERSIONS.node)[0]}, and Bun and Deno.
With them: every given Baileys with every given Node. If you pass files to vitest, only those run.`

/** An invalid option. */
export class UsageError extends Error {}

/** Reads the command line. Throws a {@link UsageError} that names the option and its value. */
export function parseOptions(args) {
  const end = args.indexOf('--')
  const own = end < 0 ? args : args.slice(0, end)
  const options = {
    baileys: null,
    node: null,
    only: null,
    runtimes: false,
    ci: false,
    write: false,
    list: false,
    help: false,
    vitest: end < 0 ? [] : args.slice(end + 1),
  }
  for (let index = 0; index < own.length; index += 1) {
    const [name, inline] = own[index].split(/=(.*)/su)
    const value = () => inline ?? own[++index] ?? refuse(`${name} needs a value.`)
    if (name === '--baileys') options.baileys = listOf(name, value(), VERSIONS.baileys)
    else if (name === '--node') options.node = listOf(name, value(), Object.keys(VERSIONS.node))
    else if (name === '--only') [options.only] = listOf(name, value(), ['e2e', 'all'])
    else if (['--runtimes', '--ci', '--write', '--list', '--help'].includes(name) && inline === undefined) options[name.slice(2)] = true
    else refuse(`Unknown option ${own[index]}.`)
  }
  const isPart = options.ci || options.runtimes || options.baileys !== null || options.node !== null || options.only !== null || options.vitest.length > 0
  if (options.write && isPart) refuse('--write is about the whole matrix, so you cannot combine it with an option that leaves something out.')
  if (options.ci && (options.baileys ?? options.node ?? options.only) !== null) refuse('--ci chooses its own versions.')
  if (options.runtimes && (options.ci || options.baileys !== null || options.node !== null || options.only !== null || options.vitest.length > 0)) {
    refuse('--runtimes is about Bun and Deno alone, so you cannot combine it with an option that chooses something else.')
  }
  return options
}

function listOf(name, value, known) {
  const list = value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  const unknown = list.filter((part) => !known.includes(part))
  if (unknown.length > 0 || list.length === 0) refuse(`${name} ${value}: choose from ${known.join(', ')}.`)
  return [...new Set(list)]
}

function refuse(message) {
  throw new UsageError(message)
}
