import '../setup/silence-libsignal.js'
import { WhatsAppServer } from '../../src/testing/whatsapp-server/index.js'
import type { ProcessOptions, ServerAnswer, ServerCall } from './server-process.js'

let server: WhatsAppServer | null = null

async function start(options: ProcessOptions): Promise<{ url: string; port: number; rootPublicKey: Uint8Array }> {
  server = await WhatsAppServer.start(options)
  return { url: server.url, port: server.port, rootPublicKey: server.rootPublicKey }
}

async function perform({ method, args }: ServerCall): Promise<unknown> {
  // Only ServerProcess sends calls, and its types allow nothing else.
  if (method === 'start') return start(args[0] as ProcessOptions)
  if (method === 'get') return server === null ? undefined : Reflect.get(server, String(args[0]))
  const member: unknown = server === null ? undefined : Reflect.get(server, method)
  if (typeof member !== 'function') throw new TypeError(`WhatsAppServer has no method ${method}`)
  return (await Reflect.apply(member, server, args)) as unknown
}

function answer(message: ServerAnswer): void {
  if (process.connected) process.send?.(message)
}

process.on('message', (call: ServerCall) => {
  perform(call).then(
    (result) => {
      answer({ id: call.id, result })
    },
    (error: unknown) => {
      answer({ id: call.id, error: error instanceof Error ? error.message : String(error) })
    },
  )
})

// The parent is gone, killed or not: so is its server.
process.on('disconnect', () => {
  Promise.resolve(server?.close()).then(
    () => process.exit(0),
    () => process.exit(1),
  )
})
