import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import type { WriterLine, WriterOrder } from './protocol.js'

/** How long a writer may take to open its store. */
const PATIENCE_MS = 60_000

/** Starts a writer, hands every line it tells to `take`, and kills it so long after it has begun to write, unless it does so itself. Resolves when it has ended. */
export async function runWriter(script: string, order: WriterOrder, killAfterMs: number, take: (line: WriterLine) => void): Promise<void> {
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'ignore', 'inherit', 'pipe'] })
  const {
    stdin,
    stdio: { 3: lines },
  } = child
  if (stdin === null || !(lines instanceof Readable)) throw new TypeError('The writer has no pipes.')
  const closed = once(child, 'close')
  let timer = setTimeout(() => {
    child.kill('SIGKILL')
  }, PATIENCE_MS)
  let failure: string | null = null
  let hasBegun = false
  let isDying = false
  try {
    // It may be gone before it has read its order; that is told below.
    stdin.on('error', () => undefined)
    stdin.write(`${JSON.stringify(order)}\n`)
    for await (const text of createInterface(lines)) {
      // The writer sends nothing else.
      const line = JSON.parse(text) as WriterLine
      take(line)
      if (line.kind === 'failed') failure = line.problem
      if (line.kind === 'dying') isDying = true
      if (line.kind === 'begun' && !hasBegun) {
        hasBegun = true
        clearTimeout(timer)
        timer = setTimeout(() => {
          child.kill('SIGKILL')
        }, killAfterMs)
      }
    }
  } finally {
    clearTimeout(timer)
    child.kill('SIGKILL')
    await closed
  }
  if (failure !== null) throw new Error(`The writer failed by itself: ${failure}`)
  if (!hasBegun && !isDying && !order.isLastLook) throw new Error(`The writer ended with ${String(child.signalCode ?? child.exitCode)} before it wrote.`)
}
