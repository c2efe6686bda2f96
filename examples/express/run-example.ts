import { isSessionError } from 'baileys-sessions'
import { Tokens } from './access/tokens.js'
import { starterGone } from './cluster/starter.js'
import { readCommand, USAGE, type ClusterCommand, type Command, type ServeCommand } from './command-line.js'
import { CLOSE_WITHIN_MS, type StartServer } from './server-options.js'
import { realStage, simulatedStage } from './stage.js'
import { secretFromEnvironment } from './token-secret.js'

const NO_CLUSTER = 'Only the Express example runs as several processes: npm run example -- --cluster'
const TOKEN_LIFETIME_SECONDS = 12 * 60 * 60

/** Reports an error: for the library's, its code and message, which contain no secrets; for others, where it happened. */
function report(error: unknown): void {
  if (isSessionError(error)) console.error(`${error.code}: ${error.message}`)
  else console.error(error instanceof Error ? error.stack : 'Something that is not an error was thrown.')
}

/** Starts the processes of a cluster. Resolves with the exit code when they have ended, as they do when they are told to. */
export type StartCluster = (command: ClusterCommand, toldToEnd: Promise<unknown>) => Promise<number>

async function serve({ isSimulated, isMember, port, data }: ServeCommand, startServer: StartServer): Promise<number> {
  const address = isMember ? `http://127.0.0.1:${port}` : null
  const openStage = isSimulated ? simulatedStage : realStage
  const stage = await openStage({ data, address }, process.env)
  const { sessions, tokens, phones, folder } = stage
  sessions.on('status', ({ sessionId, isLocal, status, message }) => {
    if (!isMember) console.log(`${JSON.stringify(sessionId)}: ${status}. ${message}`)
    // The process that runs it says the rest.
    else if (isLocal) console.log(`${port} ${JSON.stringify(sessionId)}: ${status}. ${message}`)
  })
  sessions.on('error', ({ error }) => {
    report(error)
  })
  const server = await startServer({ sessions, tokens, port, phones, cluster: address === null ? null : { address }, onFailure: report })
  console.log(
    `Listening on ${server.url}, ${isSimulated ? 'with a simulated WhatsApp, ' : ''}sessions in ${folder}${isMember ? `, process ${process.pid}` : ''}`,
  )
  if (!isSimulated && !isMember) console.log('To get a token to sign in with: npm run example -- --token <company> agent')

  const why = await Promise.race([toldToEnd(), stage.broken, ...(isMember ? [starterGone()] : [])])
  if (why instanceof Error) report(why)
  const { notDrained } = await server.close({ timeoutMs: CLOSE_WITHIN_MS })
  if (notDrained.length > 0) console.error(`Not everything was written in time: ${JSON.stringify(notDrained)}`)
  await stage.close()
  return why instanceof Error || notDrained.length > 0 ? 1 : 0
}

/** Resolves when somebody asks it to end. If they ask again a second later, they do not want to wait. */
async function toldToEnd(): Promise<string> {
  return new Promise((resolve) => {
    let toldAt = Infinity
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        // Ctrl-C may come twice at once: from the terminal and from npm.
        if (Date.now() > toldAt + 1000) process.exit(1)
        toldAt = Math.min(toldAt, Date.now())
        resolve(signal)
      })
    }
  })
}

async function run(command: Command, startServer: StartServer, startCluster: StartCluster | null): Promise<number> {
  switch (command.kind) {
    case 'help':
      console.log(USAGE)
      return 0
    case 'print-token':
      console.log(await new Tokens(secretFromEnvironment(process.env)).issue(command.subject, TOKEN_LIFETIME_SECONDS))
      return 0
    case 'serve':
      if (command.isMember && startCluster === null) throw new RangeError(NO_CLUSTER)
      return serve(command, startServer)
    case 'serve-cluster':
      if (startCluster === null) throw new RangeError(NO_CLUSTER)
      return startCluster(command, toldToEnd())
  }
}

/** Does what the command line says, and ends the process. `startCluster` is `null` for a server that cannot send requests on to others. */
export async function runExample(startServer: StartServer, startCluster: StartCluster | null = null): Promise<void> {
  try {
    // Baileys keeps a process alive for up to a minute after its last socket.
    process.exit(await run(readCommand(process.argv.slice(2)), startServer, startCluster))
  } catch (error) {
    console.error(reasonToEnd(error))
    process.exit(1)
  }
}

function reasonToEnd(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? error.code : null
  if (code === 'EADDRINUSE') return `${error.message}. Something is already listening there: stop it, or choose another port with --port.`
  return error.message
}
