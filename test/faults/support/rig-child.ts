import { closeSync, openSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { FaultRig } from './fault-rig.js'
import { isStoreKind, openStore } from './fault-stores.js'

// A rig in a process of its own: it does what each line says, and prints what came of it.

const [kind = '', place = '', options = '{}'] = process.argv.slice(2)
if (!isStoreKind(kind)) throw new RangeError(`There is no store ${kind}.`)
// The test gives options of a manager.
const rig = new FaultRig(await openStore(kind, place), JSON.parse(options) as ConstructorParameters<typeof FaultRig>[1])
const taken: number[] = []

/** Takes every descriptor that is left. */
function takeDescriptors(): number {
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'))
  } catch {
    return taken.length
  }
}

function giveDescriptorsBack(): number {
  const given = taken.splice(0)
  for (const descriptor of given) closeSync(descriptor)
  return given.length
}

async function perform(verb: string, args: readonly unknown[]): Promise<unknown> {
  if (verb === 'takeDescriptors') return takeDescriptors()
  if (verb === 'giveDescriptorsBack') return giveDescriptorsBack()
  const member: unknown = Reflect.get(rig, verb)
  if (typeof member !== 'function') throw new TypeError(`There is no ${verb}.`)
  return (await Reflect.apply(member, rig, args)) as unknown
}

const print = (value: unknown): boolean => process.stdout.write(`${JSON.stringify(value)}\n`)

print('ready')
for await (const line of createInterface(process.stdin)) {
  // The test sends nothing else.
  const [verb, ...args] = JSON.parse(line) as [string, ...unknown[]]
  print((await perform(verb, args).catch((error: unknown) => String(error))) ?? null)
}
