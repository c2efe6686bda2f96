// Runs in Node, Bun and Deno, in a folder where the package is installed: prints a line of JSON for each case.
import { mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { clearTimeout, setTimeout } from 'node:timers'
import { quietLibsignal } from 'baileys-sessions'
import { contractGroups } from './contracts.mjs'
import { SESSIONS } from './sessions.mjs'
import { World } from './world.mjs'

/** Longer than anything inside waits. */
const CASE_MS = 60_000

quietLibsignal()
const temporary = join(import.meta.dirname, 'temporary')
mkdirSync(temporary, { recursive: true })
const [only = ''] = process.argv.slice(2)
let cases = 0

for (const { group, cases } of await contractGroups(mkdtempSync(join(temporary, 'contracts-')))) {
  for (const { name, run } of cases) await tell('contracts', `${group}: ${name}`, run)
}
for (const [name, run] of Object.entries(SESSIONS)) {
  await tell('sessions', name, async () => {
    const world = await World.open(temporary)
    try {
      await run(world)
    } finally {
      await world.close()
    }
  })
}
console.log(JSON.stringify({ cases }))
// What Baileys leaves running for a while is not what is tried here.
process.exit()

async function tell(suite, name, run) {
  if (!`${suite} ${name}`.includes(only)) return
  cases += 1
  let timer
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`It took longer than ${CASE_MS} ms.`)), CASE_MS)
  })
  try {
    await Promise.race([run(), late])
    console.log(JSON.stringify({ suite, name, why: null }))
  } catch (error) {
    console.log(JSON.stringify({ suite, name, why: error instanceof Error ? error.message : String(error) }))
  } finally {
    clearTimeout(timer)
  }
}
