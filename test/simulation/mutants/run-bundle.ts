import { execFile } from 'node:child_process'
import type { SimulationReport } from '../simulate.js'

/** Runs a bundle in a process of its own: it replaces the clock, and a mutant may do anything. */
export async function runBundle(file: string, args: readonly string[]): Promise<SimulationReport> {
  const printed = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, [file, '--json', ...args], { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      // A failure found is exit code 1, and told on the way out like any other report.
      if (stdout === '') reject(error ?? new Error(stderr))
      else resolve(stdout)
    })
  })
  // What this project's own main.ts prints.
  return JSON.parse(printed) as SimulationReport
}
