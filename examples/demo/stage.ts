import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApplicationProcess } from './application-process.js'
import { Phones } from './phones.js'
import type { Orders, Report } from './reports.js'
import { SavedFiles } from './saved-files.js'

/** How to start an application. */
export interface ApplicationStart extends Pick<Orders, 'task' | 'isPageRefreshed'> {
  /** Its script, in this folder. */
  script: string
  /** Gets everything that it reports. */
  onReport: (report: Report) => void
}

/** Everything that a scene needs, and that must be gone after it: a folder, WhatsApp, and the applications' processes. */
export class Stage {
  /** The sessions of the scene. */
  readonly sessionIds: readonly string[] = ['bakery', 'garage', 'florist']
  /** The phones, with WhatsApp behind them. */
  readonly phones: Phones
  /** What is in the folder. */
  readonly files: SavedFiles
  readonly #directory = mkdtempSync(join(tmpdir(), 'baileys-sessions-demo-'))
  readonly #applications: ApplicationProcess[] = []
  readonly #onExit = (): void => {
    this.#removeAll()
  }

  private constructor(phones: Phones) {
    this.phones = phones
    this.files = new SavedFiles(this.#directory, this.sessionIds)
    // Even if the demo is interrupted, or fails.
    process.once('exit', this.#onExit)
  }

  /** Creates the folder and starts WhatsApp. */
  static async build(registration: 'current' | 'classic' = 'current'): Promise<Stage> {
    return new Stage(await Phones.start(registration))
  }

  /** Starts an application. */
  start({ script, onReport, ...orders }: ApplicationStart): ApplicationProcess {
    const {
      sessionIds,
      phones: { whatsApp },
    } = this
    const application = new ApplicationProcess(script, { directory: this.#directory, ...whatsApp, sessionIds, ...orders }, onReport)
    this.#applications.push(application)
    return application
  }

  /** Removes everything. */
  async clear(): Promise<void> {
    await Promise.all(this.#applications.map(async (application) => application.kill()))
    await this.phones.close()
    this.#removeAll()
    process.off('exit', this.#onExit)
  }

  #removeAll(): void {
    for (const application of this.#applications) application.killNow()
    // A process that was just killed may still finish its current write.
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }
}
