import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll } from 'vitest'
import { bundle } from '../support/bundle.js'

/** Builds what the members of the tests of a file run, before them, and removes it after them. */
export function builtMember(): () => string {
  let folder = ''
  beforeAll(async () => {
    // Beside the packages, some of which the script imports.
    const cache = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url))
    mkdirSync(cache, { recursive: true })
    folder = mkdtempSync(join(cache, 'cluster-'))
    await bundle([fileURLToPath(new URL('./member-child.ts', import.meta.url))], folder)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return () => join(folder, 'member-child.mjs')
}
