import { parseArgs } from 'node:util'
import type { TokenSubject } from './access/tokens.js'

/** What the program should do. */
export type Command = ServeCommand | ClusterCommand | { kind: 'print-token'; subject: TokenSubject } | { kind: 'help' }

/** Where to listen, and where the sessions are. */
interface ServeOptions {
  isSimulated: boolean
  port: number
  /** `null` for the usual place. */
  data: string | null
}

/** Run one server. */
export interface ServeCommand extends ServeOptions {
  kind: 'serve'
  /** Whether other processes share its sessions. */
  isMember: boolean
}

/** Start several processes, each with a server, that share their sessions. */
export interface ClusterCommand extends ServeOptions {
  kind: 'serve-cluster'
  processes: number
}

const MOST_PROCESSES = 64

export const USAGE = `npm run example                            real WhatsApp, sessions in ./sessions
npm run example -- --simulated             a WhatsApp on this machine, with simulated phones: no network, nothing kept

  --port <number>                          where to listen on 127.0.0.1: 3000, or 0 for any free port
  --cluster, --cluster=<number>            2 processes, or as many as you say, that share the sessions, on the ports from --port on
  --join                                   one more process for a cluster: give it a port of its own, and the same --data
  --data <folder>                          where to keep the sessions
  --token <company> agent                  prints a token for people of a company
  --token <company> admin                  prints a token for all companies
TOKEN_SECRET in the environment is what tokens are signed with: at least 32 characters. A simulation has a secret of its own.`

/** Reads the arguments. Throws an error with a readable message if they are invalid. */
export function readCommand(args: readonly string[]): Command {
  const { values, positionals } = parseArgs({
    // parseArgs has no options whose value may be left out.
    args: args.map((arg) => (arg === '--cluster' ? '--cluster=2' : arg)),
    allowPositionals: true,
    options: {
      simulated: { type: 'boolean', default: false },
      port: { type: 'string', default: '3000' },
      data: { type: 'string' },
      cluster: { type: 'string' },
      join: { type: 'boolean', default: false },
      token: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return { kind: 'help' }
  if (values.token) return { kind: 'print-token', subject: subjectOf(positionals) }
  if (positionals.length > 0) throw new RangeError(`Unknown argument "${positionals[0] ?? ''}".\n\n${USAGE}`)
  const options = { isSimulated: values.simulated, port: portOf(values.port), data: values.data ?? null }
  if (values.join && options.port === 0 && values.cluster === undefined) throw new RangeError('--join needs a --port: the other processes must know it.')
  if (values.cluster === undefined) return { kind: 'serve', ...options, isMember: values.join }
  if (values.join) throw new RangeError('--cluster starts all processes, and --join starts one more: give one of them.')
  return { kind: 'serve-cluster', ...options, processes: processesOf(values.cluster, options.port) }
}

function processesOf(text: string, port: number): number {
  const processes = Number(text)
  if (!/^\d+$/u.test(text) || processes < 2 || processes > MOST_PROCESSES)
    throw new RangeError(`--cluster must be a whole number from 2 to ${MOST_PROCESSES}, but is "${text}".`)
  if (port + processes - 1 > 65_535) throw new RangeError(`There are not ${processes} ports from ${port} on.`)
  return processes
}

function portOf(text: string): number {
  const port = Number(text)
  if (!/^\d+$/u.test(text) || port > 65_535) throw new RangeError(`--port must be a whole number from 0 to 65535, but is "${text}".`)
  return port
}

function subjectOf([companyId = '', role = '', ...more]: readonly string[]): TokenSubject {
  if (companyId === '' || (role !== 'agent' && role !== 'admin') || more.length > 0)
    throw new RangeError(`--token needs a company and a role, "agent" or "admin": --token acme agent`)
  return { companyId, role }
}
