// Installs the packed tarball as a user would, without a registry, and uses it: from an ESM and a CommonJS script that
// must end by themselves, and from TypeScript in both, with `skipLibCheck: false`, and with the oldest TypeScript that is supported. Every entry is loaded and compiled in
// both formats; what the consumer's scripts do with some of them goes deeper. What it weighs is checked, too.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkImport, checkSize } from './packed-size.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const fixtures = join(root, 'test', 'package', 'consumer')
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

const { oldestTypeScript } = JSON.parse(readFileSync(join(root, 'scripts', 'matrix', 'versions.json'), 'utf8'))

/** What users import, as they write it. */
const entries = Object.keys(JSON.parse(readFileSync(join(root, 'entries.json'), 'utf8'))).map((subpath) => manifest.name + subpath.slice(1))

/** How long a script that uses the package may take, most of it being Node and Baileys starting. */
const SCRIPT_TIMEOUT_MS = 60_000

const folder = mkdtempSync(join(tmpdir(), 'baileys-sessions-packed-'))
try {
  checkBuiltFiles()
  install()
  for (const [script, load] of [
    ['entries.mjs', 'await import'],
    ['entries.cjs', 'require'],
  ])
    runScript(script, loadEntries(load))
  for (const script of ['use.mjs', 'use.cjs']) runScript(script, readFixture(script))
  runProgram()
  const sources = writeSources()
  for (const module of ['NodeNext', 'Node16']) compile(tsc, sources, ['--exactOptionalPropertyTypes', '--skipLibCheck', 'false', '--module', module])
  compile(
    tsc,
    sources.filter((name) => name.endsWith('.mts')),
    ['--skipLibCheck', 'false', '--module', 'ESNext', '--moduleResolution', 'Bundler'],
  )
  const oldestTsc = installOldestTypeScript()
  compile(oldestTsc, sources, ['--skipLibCheck', '--module', 'Node16'])
  compile(
    oldestTsc,
    sources.filter((name) => name.endsWith('.cts')),
    ['--skipLibCheck', '--module', 'CommonJS', '--moduleResolution', 'Node'],
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** One class for errors per format, and Baileys loaded by `import()` in both. */
function checkBuiltFiles() {
  for (const extension of ['.js', '.cjs']) {
    const names = readdirSync(join(root, 'dist'), { recursive: true }).filter((name) => name.endsWith(extension))
    const text = names.map((name) => readFileSync(join(root, 'dist', name), 'utf8')).join('\n')
    expect(text.match(/\bSessionError = class\b|\bclass SessionError\b/gu)?.length === 1, `*${extension}: not exactly one class SessionError`)
    expect(/\bimport\(['"]@whiskeysockets\/baileys['"]\)/u.test(text), `*${extension}: no import() of Baileys`)
    expect(
      !/(?:require\(|^import |^(?:import|export)\b[^'"`\n]* from )['"]@whiskeysockets\/baileys['"]/mu.test(text),
      `*${extension}: a static import of Baileys`,
    )
    expect(!text.includes('import_meta'), `*${extension}: import.meta is empty in CommonJS`)
  }
  const withQr = readdirSync(join(root, 'dist'), { recursive: true }).filter(
    (name) => /\.c?js$/u.test(name) && readFileSync(join(root, 'dist', name), 'utf8').includes('encodeQR'),
  )
  expect(withQr.sort().join() === 'cli.cjs,cli.js', `the QR encoder is in ${withQr.join()}, and not in the program alone`)
}

function install() {
  const tarball = pack(root)
  const runtime = Object.keys(manifest.dependencies).map((name) => [name, `file:${pack(join(root, 'node_modules', name))}`])
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({
      private: true,
      dependencies: { [manifest.name]: `file:${tarball}`, ...Object.fromEntries(runtime) },
    }),
  )
  npm(['install', '--offline', '--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund', '--no-package-lock'])
  // One of the drivers for SQLite is enough.
  const peers = Object.keys(manifest.peerDependencies).filter((name) => existsSync(join(root, 'node_modules', name)))
  for (const name of [...peers, '@types/node', '@types/pg']) link(name)
  say(`installed ${tarball}`)
  say(checkSize(tarball, join(folder, 'node_modules', manifest.name)))
  say(checkImport(folder, manifest.name))
}

/** Our copy stands in for the one that a user installs. */
function link(name) {
  const target = join(folder, 'node_modules', name)
  mkdirSync(dirname(target), { recursive: true })
  symlinkSync(join(root, 'node_modules', name), target, 'dir')
}

function pack(source) {
  const [{ filename }] = JSON.parse(npm(['pack', source, '--ignore-scripts', '--json', '--pack-destination', folder]))
  return join(folder, filename)
}

function npm(args) {
  return execFileSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

function readFixture(name) {
  return readFileSync(join(fixtures, name), 'utf8')
}

/** A script that loads every entry. */
function loadEntries(load) {
  const checks = entries.map((name) => `if (Object.keys(${load}('${name}')).length === 0) throw new Error('${name} exports nothing')`)
  return [...checks, `console.log('ok')`].join('\n')
}

/** The same for the compiler. */
function importEntries() {
  return entries.map((name, index) => `import * as entry${index} from '${name}'\nexport const names${index}: string[] = Object.keys(entry${index})`).join('\n')
}

function runScript(name, script) {
  const file = join(folder, name)
  writeFileSync(file, script)
  const output = execFileSync(process.execPath, ['--unhandled-rejections=strict', file], { cwd: folder, encoding: 'utf8', timeout: SCRIPT_TIMEOUT_MS })
  expect(output === 'ok\n', `${name} printed ${JSON.stringify(output)}`)
  say(`ran ${name}`)
}

/** Runs the program as a user does, from where it is installed. */
function runProgram() {
  const program = (...args) => npm(['exec', '--offline', '--', 'baileys-sessions', ...args])
  expect(program('--version') === `${manifest.version}\n`, 'baileys-sessions --version does not print the version')
  expect(program('--help').includes('doctor <store>'), 'baileys-sessions --help does not list its commands')
  mkdirSync(join(folder, 'sessions'))
  expect(program('doctor', 'fs:./sessions') === 'No sessions.\n', 'baileys-sessions doctor does not look at a folder')
  expect(program('link', 'fs:./simulated', 'demo', '--simulated').includes('Linked "demo"'), 'baileys-sessions link --simulated does not link')
  expect(program('status', 'fs:./simulated').includes('demo: linked'), 'baileys-sessions status does not find the session')
  expect(existsSync(join(folder, 'node_modules', manifest.name, 'THIRD-PARTY-LICENSES.md')), 'the licences of what is built in are not in the package')
  say('ran baileys-sessions')
}

/** What users write, in both formats: every entry, and what the consumer does with some of them. */
function writeSources() {
  const sources = {
    'entries.mts': importEntries(),
    'entries.cts': importEntries(),
    'types.mts': readFixture('types.mts'),
    'types.cts': readFixture('types.cts'),
  }
  for (const [name, text] of Object.entries(sources)) writeFileSync(join(folder, name), text)
  return Object.keys(sources)
}

/** The declarations of others may have errors, as those of Baileys do; ours and the user's must have none. */
function compile(tsc, sources, options) {
  let output = ''
  try {
    execFileSync(process.execPath, [tsc, '--noEmit', '--pretty', 'false', '--strict', '--target', 'es2022', '--types', 'node', ...options, ...sources], {
      cwd: folder,
      encoding: 'utf8',
    })
  } catch (error) {
    output = error.stdout
  }
  const lines = output.split('\n').filter((line) => line.includes('error TS'))
  const ours = lines.filter((line) => sources.some((name) => line.startsWith(name)) || line.startsWith(`node_modules/${manifest.name}/`) || !line.includes('('))
  expect(ours.length === 0, `${options.join(' ')}:\n${ours.join('\n')}`)
  say(`compiled ${sources.join(', ')} with ${options.join(' ')} (${lines.length} errors in declarations of others)`)
}

/** The oldest TypeScript that is supported, from npm's cache or the registry. A dependency would put its own `tsc` in the place of ours. */
function installOldestTypeScript() {
  const target = join(folder, 'oldest')
  mkdirSync(target)
  npm(['install', `typescript@${oldestTypeScript}`, '--prefix', target, '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'])
  return join(target, 'node_modules', 'typescript', 'bin', 'tsc')
}

function expect(holds, message) {
  if (!holds) throw new Error(message)
}

function say(message) {
  console.log(`packed: ${message}`)
}
