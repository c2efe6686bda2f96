import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { readPage } from './markdown.js'

const FOLDER = 'examples/recipes'
const files = readdirSync(FOLDER)

describe('docs/recipes.md', () => {
  it('tells of every recipe', () => {
    const page = readPage('docs/recipes.md')
    for (const file of files.filter((name) => !name.endsWith('.test.ts'))) expect(page.text).toContain(`| \`${file}\` |`)
  })

  it('has recipes that pass', { tags: 'full' }, async () => {
    const tests = files.filter((file) => file.endsWith('.test.ts')).map((file) => resolve(FOLDER, file))
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', import.meta.resolve('tsx'), '--test', '--test-reporter=tap', ...tests])
    expect(stdout).toMatch(/^# fail 0$/mu)
  })
})
