import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { INSTALLED_BAILEYS, ROOT, VERSIONS } from './versions.mjs'

const BAILEYS = '@whiskeysockets/baileys'
const PACKAGE = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const WS = PACKAGE.devDependencies.ws
const QUIETLY = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']

/** What the runs need, installed on first use into one temporary folder. */
export class Installs {
  #folder
  #processes
  #made = new Map()

  constructor(folder, processes) {
    this.#folder = folder
    this.#processes = processes
  }

  /** Begins what a run will need. Whoever needs it then hears of a failure. */
  begin({ baileys, node }) {
    for (const install of [this.checkout(baileys), this.node(node)]) install.catch(() => undefined)
  }

  /** The folder of a copy of this checkout with a version of Baileys. Later changes in the checkout do not reach it. */
  checkout(baileys) {
    return this.#once(`checkout-${baileys}`, async (folder) => {
      await this.#copySources(folder)
      if (baileys !== INSTALLED_BAILEYS) swapBaileys(join(folder, 'package.json'), baileys)
      await this.#npm([baileys === INSTALLED_BAILEYS ? 'ci' : 'install', ...QUIETLY], folder)
    })
  }

  /** Resolves with the path of a Node binary. */
  async node(major) {
    if (process.versions.node.split('.')[0] === major) return process.execPath
    const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
    if (!VERSIONS.nodePackages.includes(name)) {
      throw new Error(`npm has no Node for ${process.platform} ${process.arch}: run the tests with your own Node ${major}, or leave out --node ${major}.`)
    }
    const folder = await this.#once(`node-${major}`, async (made) => {
      writeFileSync(join(made, 'package.json'), '{ "private": true }')
      await this.#npm(['install', ...QUIETLY, `${name}@${VERSIONS.node[major]}`], made)
    })
    return join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  }

  /** The folder where the package is installed as it is published, with a runtime beside it. */
  runtime(name) {
    return this.#once(`runtime-${name}`, async (folder) => {
      const tarball = await this.#packed()
      writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
      const packages = [tarball, `${BAILEYS}@${INSTALLED_BAILEYS}`, `ws@${WS}`, `${name}@${VERSIONS.runtimes[name]}`]
      // Bun puts its binary in place with a script.
      await this.#npm(['install', ...QUIETLY.filter((flag) => flag !== '--ignore-scripts'), ...packages], folder)
    })
  }

  /** The tarball of this checkout. */
  async #packed() {
    const checkout = await this.checkout(INSTALLED_BAILEYS)
    await this.#once('packed', async (folder) => {
      await this.#npm(['run', 'build'], checkout)
      await this.#npm(['pack', '--ignore-scripts', '--pack-destination', folder], checkout)
    })
    return join(this.#folder, 'packed', `${PACKAGE.name}-${PACKAGE.version}.tgz`)
  }

  async #once(name, make) {
    const folder = join(this.#folder, name)
    if (!this.#made.has(name)) {
      mkdirSync(folder, { recursive: true })
      this.#made.set(name, make(folder))
    }
    await this.#made.get(name)
    return folder
  }

  /** Copies what git knows and what it would add: no build, no dependencies. */
  async #copySources(folder) {
    const { code, output } = await this.#processes.run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT })
    if (code !== 0) throw new Error(`The matrix copies the files that git lists, but git failed: ${output.trim()}`)
    for (const name of output.split('\0')) {
      // A listed file may be deleted in the work tree.
      if (name === '' || !existsSync(join(ROOT, name))) continue
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      copyFileSync(join(ROOT, name), join(folder, name))
    }
  }

  async #npm(args, cwd) {
    const { code, output } = await this.#processes.run('npm', args, { cwd, shell: process.platform === 'win32' })
    if (code !== 0) throw new Error(`npm ${args.join(' ')} failed (it needs the network, or npm's cache):\n${output.trim()}`)
  }
}

function swapBaileys(file, version) {
  const description = JSON.parse(readFileSync(file, 'utf8'))
  description.devDependencies[BAILEYS] = version
  // 6.7 asks for libsignal by a git URL; npm has the same.
  description.overrides = { ...description.overrides, ...VERSIONS.overrides }
  writeFileSync(file, JSON.stringify(description, null, 2))
}
