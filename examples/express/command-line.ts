import { parseArgs } from 'node:util'
import type { TokenSubject } from './access/tokens.js'

/** What the program should do. */
export type Command =
  { kind: 'serve'; isSimulated: boolean; port: number; data: string | null } | { kind: 'print-token'; subject: TokenSubject } | { kind: 'help' }

export const USAGE = `npm run example                            real WhatsApp, sessions in ./sessions
npm run example -- --simulated             a WhatsApp on this machine, with simulated phones: no network, nothing kept

  --port <number>                          where to listen on 127.0.0.1: 3000, or 0 for any free port
  --data <folder>                          where to keep the sessions
  --token <company> agent                  prints a token for people of a company
  --token <company> admin                  prints a token for all companies
TOKEN_SECRET in the environment is what tokens are signed with: at least 32 characters. A simulation has a secret of its own.`

/** Reads the arguments. Throws an error with a readable message if they are invalid. */
export function readCommand(args: readonly string[]): Command {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      simulated: { type: 'boolean', default: false },
      port: { type: 'string', default: '3000' },
      data: { type: 'string' },
      token: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return { kind: 'help' }
  if (values.token) return { kind: 'print-token', subject: subjectOf(positionals) }
  if (positionals.length > 0) throw new RangeError(`Unknown argument "${positionals[0] ?? ''}".\n\n${USAGE}`)
  return { kind: 'serve', isSimulated: values.simulated, port: portOf(values.port), data: values.data ?? null }
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
