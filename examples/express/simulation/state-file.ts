import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What outlives the simulated WhatsApp: its keys and devices, and where it listened. */
export interface SavedSimulation {
  port: number
  state: string
}

/** Reads what was saved; `null` when nothing was. Rejects when it cannot be read. */
export async function readSimulation(folder: string): Promise<SavedSimulation | null> {
  const text = await readFile(fileIn(folder), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  })
  // Only writeSimulation writes it.
  return text === null ? null : JSON.parse(text) as SavedSimulation
}

/** Replaces what was saved in one step. */
export async function writeSimulation(folder: string, saved: SavedSimulation): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const next = `${fileIn(folder)}.next`
  await writeFile(next, JSON.stringify(saved), { mode: 0o600 })
  await rename(next, fileIn(folder))
}

function fileIn(folder: string): string {
  return join(folder, 'simulated-whatsapp.json')
}
