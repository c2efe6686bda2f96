import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** What the simulated WhatsApp leaves behind: its keys and devices, and its port. */
export interface SavedSimulation {
  port: number
  state: string
}

/** The file in which the simulated WhatsApp keeps its state. */
export class StateFile {
  readonly #file: string
  #writing: Promise<unknown> = Promise.resolve()

  constructor(folder: string) {
    this.#file = join(folder, 'simulated-whatsapp.json')
  }

  /** Reads what was saved; `null` if nothing was. Rejects if it cannot be read. */
  async read(): Promise<SavedSimulation | null> {
    const text = await readFile(this.#file, 'utf8').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
      throw error
    })
    // Only `write` writes it.
    return text === null ? null : (JSON.parse(text) as SavedSimulation)
  }

  /** Replaces what was saved in one step, after earlier writes. Rejects if it cannot be written. */
  async write(saved: SavedSimulation): Promise<void> {
    const writing = this.#writing.then(async () => this.#replace(JSON.stringify(saved)))
    this.#writing = writing.catch(() => undefined)
    return writing
  }

  async #replace(text: string): Promise<void> {
    await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 })
    await writeFile(`${this.#file}.next`, text, { mode: 0o600 })
    await rename(`${this.#file}.next`, this.#file)
  }
}
