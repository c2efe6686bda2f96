import { WA_CERT_DETAILS } from '@whiskeysockets/baileys'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { FileConnectionRepository, FileSystemSessionStore, SessionManager, type SessionManagerOptions } from 'baileys-sessions'
import { SimulatedPhones } from './simulation/simulated-phones.js'
import { SimulatedWhatsApp } from './simulation/simulated-whatsapp.js'
import { secretForSimulation, secretFromEnvironment } from './token-secret.js'

/** What stands behind the server: the sessions, and whom they dial. */
export interface Stage {
  sessions: SessionManager
  secret: string
  phones: SimulatedPhones | null
  folder: string
  /** Resolves with an error when something that all depends on is gone. */
  broken: Promise<Error>
  /** Ends what is not the manager's own. */
  close: () => Promise<void>
}

/** Real WhatsApp, and a folder. */
export function realStage(data: string | null, environment: NodeJS.ProcessEnv): Stage {
  const secret = secretFromEnvironment(environment)
  const folder = resolve(data ?? './sessions')
  const { sessions, store } = openSessions(folder, {})
  return { sessions, secret, phones: null, folder, broken: new Promise(() => undefined), close: async () => { await store.close() } }
}

/** WhatsApp on this machine, and a folder that goes with it unless one is given. */
export async function simulatedStage(data: string | null, environment: NodeJS.ProcessEnv): Promise<Stage> {
  const folder = data === null ? mkdtempSync(join(tmpdir(), 'baileys-sessions-example-')) : resolve(data)
  makeFolder(folder)
  const secret = secretForSimulation(environment, folder)
  const whatsApp = await SimulatedWhatsApp.start({ folder, isEphemeral: data === null })
  WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(whatsApp.rootPublicKey, 'hex')
  const phones = new SimulatedPhones(whatsApp)
  const { sessions, store } = openSessions(folder, {
    socketConfig: sessionId => ({ waWebSocketUrl: phones.urlFor(sessionId) }),
    reconnect: { initialDelayMs: 1000, maxDelayMs: 8000 },
    // Nobody pays for a dial here.
    restore: { delayMs: 100 },
  })
  phones.follow(sessions)
  const close = async (): Promise<void> => {
    await store.close()
    await whatsApp.close()
  }
  return { sessions, secret, phones, folder, broken: whatsApp.ended(), close }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new Error(`${cause instanceof Error ? cause.message : String(cause)}. It cannot be the folder of the sessions: choose another one with --data.`, { cause })
  }
}

function openSessions(folder: string, options: Partial<SessionManagerOptions>): { sessions: SessionManager, store: FileSystemSessionStore } {
  const store = new FileSystemSessionStore({ directory: folder })
  const repository = new FileConnectionRepository({ file: join(folder, 'connections.json') })
  return { store, sessions: new SessionManager({ store, repository, ...options }) }
}
