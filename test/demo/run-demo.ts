import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

const MAIN = fileURLToPath(new URL('../../examples/demo/main.ts', import.meta.url))
const CONTROL_CHARACTERS = /[^\P{Cc}\n]/u

/** A run of the demo that has ended. */
export interface Run {
  exitCode: number | null
  output: string
  lines: string[]
  errors: string
  leftBehind: string[]
}

/** Runs the demo until all processes that write to its stderr have ended: itself and its applications. */
export async function runDemo(args: readonly string[], interruptAt?: string): Promise<Run> {
  const temporary = mkdtempSync(join(tmpdir(), 'baileys-sessions-'))
  const demo = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // The cache of tsx is kept there too.
    env: { ...process.env, TMPDIR: temporary, TEMP: temporary },
  })
  let output = ''
  let errors = ''
  demo.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    if (interruptAt !== undefined && output.includes(interruptAt)) demo.kill('SIGINT')
  })
  demo.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  await once(demo, 'close')
  const leftBehind = readdirSync(temporary).filter((name) => !name.startsWith('tsx-'))
  rmSync(temporary, { recursive: true, force: true })
  return { exitCode: demo.exitCode, output, lines: output.split('\n'), errors, leftBehind }
}

/** Nothing is wrong with what it printed, and nothing is left. */
export function expectTidy({ output, lines, errors, leftBehind }: Run): void {
  expect(errors).toBe('')
  expect(output).not.toMatch(CONTROL_CHARACTERS)
  expect(lines.filter((line) => line.length > 100)).toEqual([])
  expect(leftBehind).toEqual([])
}
