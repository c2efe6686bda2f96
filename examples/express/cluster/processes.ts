import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import type { ClusterCommand } from '../command-line.js'
import { environmentFor, passOrders } from '../simulation/shared-whatsapp.js'
import { SimulatedWhatsApp } from '../simulation/simulated-whatsapp.js'
import { realFolder, simulatedFolder } from '../stage.js'
import { secretForSimulation, secretFromEnvironment } from '../token-secret.js'

/**
 * Starts the processes of a cluster on this machine, each with a server of its own, and ends them when it is told to. One that dies stays dead:
 * the others take its sessions. Resolves with the exit code when all of them have ended.
 */
export async function serveCluster({ processes, isSimulated, port, data }: ClusterCommand, toldToEnd: Promise<unknown>): Promise<number> {
  // Each of them needs it: say so once.
  if (!isSimulated) secretFromEnvironment(process.env)
  const folder = isSimulated ? simulatedFolder(data) : realFolder(data)
  if (isSimulated) secretForSimulation(folder)
  const whatsApp = isSimulated ? await SimulatedWhatsApp.start({ folder, isEphemeral: data === null }) : null
  const ports = port === 0 ? await freePorts(processes) : Array.from({ length: processes }, (_, index) => port + index)

  const children = ports.map((childPort) => {
    const args = ['--join', '--port', String(childPort), '--data', folder, ...(isSimulated ? ['--simulated'] : [])]
    const environment = whatsApp === null ? {} : environmentFor(whatsApp)
    const child = fork(process.argv[1] ?? '', args, { env: { ...process.env, ...environment } })
    if (whatsApp !== null) passOrders(child, whatsApp)
    return { port: childPort, child }
  })
  const ending = new AbortController()
  const ended = Promise.all(
    children.map(async (child) => {
      const code = await endOf(child.child)
      if (!ending.signal.aborted) console.error(`The process on port ${child.port} has ended. The others go on with its sessions.`)
      return ending.signal.aborted ? code : 0
    }),
  )
  void Promise.race([toldToEnd, whatsApp?.ended()].filter((end) => end !== undefined)).then(() => {
    ending.abort()
    for (const { child } of children) child.kill('SIGTERM')
  })
  const codes = await ended
  await whatsApp?.close()
  return ending.signal.aborted && codes.every((code) => code === 0) ? 0 : 1
}

async function endOf(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, 'exit')) as [number | null]
  return code
}

/** Ports that nobody listens on. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  // They listen on ports, not on socket files.
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map(closed))
  return ports
}

async function closed(server: Server): Promise<void> {
  server.close()
  await once(server, 'close')
}
