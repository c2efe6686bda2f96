// npm run example: WhatsApp for many companies, with a page. npm run example -- --help tells the rest.
import './quiet-libsignal.js'
import { isSessionError } from 'baileys-sessions'
import { Tokens } from './access/tokens.js'
import { readCommand, USAGE, type Command } from './command-line.js'
import { startServer } from './server.js'
import { realStage, simulatedStage } from './stage.js'
import { secretFromEnvironment } from './token-secret.js'

const TOKEN_LIFETIME_SECONDS = 12 * 60 * 60
const CLOSE_WITHIN_MS = 10_000

/** One line for each thing that went wrong. Messages of the library hold no secrets; of others only the kind is told. */
function report(error: unknown): void {
  if (isSessionError(error)) console.error(`${error.code}: ${error.message}`)
  else console.error(error instanceof Error ? error.stack : 'Something that is no error was thrown.')
}

async function serve({ isSimulated, port, data }: Extract<Command, { kind: 'serve' }>): Promise<number> {
  const stage = isSimulated ? await simulatedStage(data, process.env) : realStage(data, process.env)
  const { sessions, secret, phones, folder } = stage
  sessions.on('status', ({ sessionId, status, message }) => { console.log(`${JSON.stringify(sessionId)}: ${status}. ${message}`) })
  sessions.on('error', ({ error }) => { report(error) })
  const server = await startServer({ sessions, secret, port, phones, onFailure: report })
  console.log(`Listening on ${server.url}, ${isSimulated ? 'with a simulated WhatsApp, ' : ''}sessions in ${folder}`)

  const why = await Promise.race([toldToEnd(), stage.broken])
  if (why instanceof Error) report(why)
  const { notDrained } = await server.close({ timeoutMs: CLOSE_WITHIN_MS })
  if (notDrained.length > 0) console.error(`Not everything was written in time: ${JSON.stringify(notDrained)}`)
  await stage.close()
  return why instanceof Error || notDrained.length > 0 ? 1 : 0
}

/** Resolves when somebody wants it to end; whoever says so twice does not want to wait. */
async function toldToEnd(): Promise<string> {
  return new Promise((resolve) => {
    let isTold = false
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        // Ctrl-C may come twice at once: from the terminal and from npm.
        if (isTold) return
        isTold = true
        resolve(signal)
        setTimeout(() => { process.on(signal, () => process.exit(1)) }, 1000).unref()
      })
    }
  })
}

async function run(command: Command): Promise<number> {
  switch (command.kind) {
    case 'help': console.log(USAGE); return 0
    case 'print-token':
      console.log(await new Tokens(secretFromEnvironment(process.env)).issue(command.subject, TOKEN_LIFETIME_SECONDS))
      return 0
    case 'serve': return serve(command)
  }
}

try {
  // Baileys keeps a process alive for up to a minute after its last socket.
  process.exit(await run(readCommand(process.argv.slice(2))))
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
}
