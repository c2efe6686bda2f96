const PROGRAM = `
import { BAILEYS_FEATURES, detectFeatures } from './test/support/baileys-features.ts'
const detected = await detectFeatures()
console.log(JSON.stringify(Object.entries(BAILEYS_FEATURES).map(([name, { what, without }]) => ({ name, what, without, has: detected[name] }))))
process.exit(0)
`

/** What a version of Baileys can do, detected by trying it: `{ name, what, without, has }` for each feature. */
export async function detectFeatures(baileys, { installs, processes }) {
  const cwd = await installs.checkout(baileys)
  const { code, output } = await processes.run(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', PROGRAM], { cwd })
  if (code !== 0) throw new Error(`Could not detect the features of Baileys ${baileys}:\n${output}`)
  return JSON.parse(output.trim().split('\n').at(-1))
}
