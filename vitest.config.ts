import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { defineConfig, type TestProjectInlineConfiguration, type ViteUserConfig } from 'vitest/config'
import entries from './entries.json' with { type: 'json' }

/** The folders of tests that take no other process and no server. One that does all the same is called `*processes.test.ts`. */
const IN_PROCESS = /^test\/(?:package|scenario|unit)\//u

const files = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .map((name) => join('test', name).replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.test.ts'))

function setOf(file: string): 'fast' | 'fast, with mocks' | 'contracts' | 'postgres' | 'slow' {
  if (/^test\/(?:postgres|supabase)\//u.test(file)) return 'postgres'
  if (file.startsWith('test/contract/')) return 'contracts'
  if (!IN_PROCESS.test(file) || file.endsWith('processes.test.ts')) return 'slow'
  return /\bvi\.mock\(/u.test(readFileSync(file, 'utf8')) ? 'fast, with mocks' : 'fast'
}

function project(name: ReturnType<typeof setOf>, options: TestProjectInlineConfiguration['test'] = {}): TestProjectInlineConfiguration {
  return { extends: true, test: { name, include: files.filter((file) => setOf(file) === name), ...options } }
}

const config: ViteUserConfig = defineConfig({
  // The examples name this package as an application would.
  resolve: {
    alias: Object.entries(entries).map(([subpath, source]) => ({
      find: new RegExp(`^baileys-sessions${subpath.slice(1)}$`, 'u'),
      replacement: resolve(source),
    })),
  },
  test: {
    setupFiles: ['test/setup/silence-libsignal.ts', 'test/setup/only-loopback.ts'],
    // A line per file and what failed; single tests are not told for being slow.
    reporters: [['default', { summary: false }]],
    slowTestThreshold: 60_000,
    // On Node 20, supabase-js says whenever it is loaded that later versions of it will not be.
    onConsoleLog: (text) => !text.includes('in future versions of @supabase/supabase-js'),
    // Real Baileys against a loopback server takes its time on a busy machine; every wait inside has its own bound.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Most of the time goes by waiting for processes and disks: one file at a time would be slower, also on two cores.
    maxWorkers: 2,
    restoreMocks: true,
    projects: [
      // Loading the source takes longer than most tests, so the files of a worker share what is loaded; not so what mocks a module.
      project('fast', { isolate: false }),
      project('fast, with mocks'),
      // Every store and lock on its real disk. Apart from the sockets, after which promises are slower in the same worker.
      project('contracts', { isolate: false }),
      // One server for all of them, which runs only when one of them does.
      project('postgres', { isolate: false, globalSetup: 'test/setup/postgres-server.ts' }),
      project('slow', { isolate: false }),
    ],
    tags: [
      {
        name: 'full',
        description:
          'Takes long, and what it shows is also shown by others, at a lower level or by example. `npm test` leaves it out; `npm run test:full` runs it.',
      },
    ],
  },
})

export default config
