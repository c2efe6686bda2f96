import { errorCode } from '../errors.js'
import type { WhatsAppServer, WhatsAppServerOptions } from '../testing/whatsapp-server/index.js'
import { CommandError } from './command-environment.js'

/** Starts a pretended WhatsApp on 127.0.0.1. Rejects with a `CommandError` when its port is taken, or the package `ws` is not there. */
export async function startWhatsAppServer(options: WhatsAppServerOptions): Promise<WhatsAppServer> {
  // Most commands need none.
  const { WhatsAppServer: Server } = await import('../testing/whatsapp-server/index.js')
  try {
    return await Server.start(options)
  } catch (error) {
    if (errorCode(error) === 'EADDRINUSE')
      throw new CommandError(`Port ${options.port ?? 0} is in use. Give another one with --port, or leave --port out to use any free port.`)
    const cause = error instanceof Error ? error.cause : undefined
    if (error instanceof Error && error.name === 'Error' && errorCode(cause) === 'ERR_MODULE_NOT_FOUND') throw new CommandError(error.message)
    throw error
  }
}
