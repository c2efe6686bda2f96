// What the package weighs, and what an `import` of it loads: part of `npm run check:packed`. How long that import takes is `npm run bench:import`.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** In bytes. Who needs more says in the same commit what for. */
const LIMITS = { tarball: 600_000, installed: 2_500_000, import: 700_000 }

/** What the main entry may load besides Node and itself. Drivers and Baileys are loaded once they are needed. */
const LOADED_AT_ONCE = ['eventemitter3']

/** A line longer than this comes from a minifier. */
const LONGEST_LINE = 2_000

/** The package as it comes from the registry: no source maps, and code that can be read without them. */
export function checkSize(tarball, installed) {
  const files = readdirSync(installed, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const maps = files.filter((name) => name.endsWith('.map'))
  expect(maps.length === 0, `source maps in the package: ${maps.join(', ')}`)
  for (const name of files.filter((file) => /\.c?js$/u.test(file))) {
    const longest = Math.max(
      ...readFileSync(name, 'utf8')
        .split('\n')
        .map((line) => line.length),
    )
    expect(longest <= LONGEST_LINE, `${name} has a line of ${longest} characters: is it minified?`)
  }
  const sizes = { tarball: statSync(tarball).size, installed: files.reduce((sum, name) => sum + statSync(name).size, 0) }
  for (const [name, bytes] of Object.entries(sizes)) expect(bytes <= LIMITS[name], `${name}: ${bytes} bytes, more than ${LIMITS[name]}`)
  return `a tarball of ${inKB(sizes.tarball)}, ${inKB(sizes.installed)} installed in ${files.length} files`
}

/** Loads the main entry in a process of its own, where `folder` has it installed. */
export function checkImport(folder, name) {
  const log = join(folder, 'loaded.txt')
  const hooks = `import { appendFileSync } from 'node:fs'
    export async function load(url, context, next) { appendFileSync(${JSON.stringify(log)}, url + '\\n'); return next(url, context) }`
  const script = join(folder, 'cold-import.mjs')
  writeFileSync(log, '')
  writeFileSync(
    script,
    `import { register } from 'node:module'
    register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hooks)}`)})
    await import(${JSON.stringify(name)})`,
  )
  execFileSync(process.execPath, ['--no-warnings', script], { cwd: folder })
  const files = readFileSync(log, 'utf8')
    .split('\n')
    .filter((url) => url.startsWith('file:') && url !== pathToFileURL(script).href)
    .map((url) => fileURLToPath(url))
  const others = [...new Set(files.map(packageOf))].filter((other) => other !== name && !LOADED_AT_ONCE.includes(other))
  expect(others.length === 0, `import '${name}' loads ${others.join(', ')}`)
  const own = files.filter((file) => packageOf(file) === name)
  expect(own.length > 0, `import '${name}' was not seen`)
  const bytes = own.reduce((sum, file) => sum + statSync(file).size, 0)
  expect(bytes <= LIMITS.import, `import '${name}' reads ${bytes} bytes, more than ${LIMITS.import}`)
  return `import '${name}' reads ${inKB(bytes)} in ${own.length} files, and no package but ${LOADED_AT_ONCE.join(', ')}`
}

function packageOf(file) {
  const [first = '', second = ''] = file.slice(file.lastIndexOf(`node_modules${sep}`) + 'node_modules'.length + 1).split(sep)
  return first.startsWith('@') ? `${first}/${second}` : first
}

function inKB(bytes) {
  return `${Math.round(bytes / 1000)} kB`
}

function expect(holds, message) {
  if (!holds) throw new Error(message)
}
