import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApplicationProcess } from './application-process.js'
import { Phones } from './phones.js'
import type { Orders, Report } from './reports.js'
import { SavedFiles } from './saved-files.js'

/** How to start an application. */
export interface ApplicationStart extends Pick<Orders, 'task' | 'isPageRefreshed' | 'store' | 'name' | 'fleetSize'> {
  /** Its script, in this folder. */
  script: string
  /** Gets everything that it reports. */
  onReport: (report: Report) => void
}

/** The options of a stage. */
export interface StageOptions {
  /** How phones are linked: as today, or as clients do it that do not know how. */
  registration?: 'current' | 'classic'
  /** The sessions of the scene. */
  sessionIds?: readonly string[]
}

/** Everything that a scene needs, and that must be gone after it: a folder, WhatsApp, and the applications' processes. */
export class Stage {
  /** The sessions of the scene. */
  readonly sessionIds: readonly string[]
  /** The phones, with WhatsApp behind them. */
  readonly phones: Phones
  /** What is in the folder. */
  readonly files: SavedFiles
  /** A folder of its own. */
  readonly directory: string = mkdtempSync(join(tmpdir(), 'baileys-sessions-demo-'))
  readonly #applications: ApplicationProcess[] = []
  readonly #onExit = (): void => {
    this.#removeAll()
  }

  private constructor(phones: Phones, sessionIds: readonly string[]) {
    this.phones = phones
    this.sessionIds = sessionIds
    this.files = new SavedFiles(this.directory, sessionIds)
    // Even if the demo is interrupted, or fails.
    process.once('exit', this.#onExit)
  }

  /** Creates the folder and starts WhatsApp. */
  static async build({ registration = 'current', sessionIds = ['bakery', 'garage', 'florist'] }: StageOptions = {}): Promise<Stage> {
    return new Stage(await Phones.start(registration), sessionIds)
  }

  /** Starts an application. */
  start({ script, onReport, ...orders }: ApplicationStart): ApplicationProcess {
    const {
      sessionIds,
      phones: { whatsApp },
    } = this
    const application = new ApplicationProcess(script, { directory: this.directory, ...whatsApp, sessionIds, ...orders }, onReport)
    this.#applications.push(application)
    return application
  }

  /** Kills the applications. */
  async endApplications(): Promise<void> {
    await Promise.all(this.#applications.map(async (application) => application.kill()))
  }

  /** Removes everything. */
  async clear(): Promise<void> {
    await this.endApplications()
    await this.phones.close()
    this.#removeAll()
    process.off('exit', this.#onExit)
  }

  #removeAll(): void {
    for (const application of this.#applications) application.killNow()
    // A process that was just killed may still finish its current write.
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }
}
