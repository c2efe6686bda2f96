import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }

const HOME = 'https://127.0.0.1/owner/name'

const check = (tag: string): string[] => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/check-release.mjs', tag, HOME], { encoding: 'utf8' })
  expect(status).toBe(1)
  return stderr.trim().split('\n')
}

it('says what has to be set before a release', () => {
  const problems = check(`v${manifest.version}`)
  expect(problems).toContain(`"repository" in package.json must be { "type": "git", "url": "git+${HOME}.git" }.`)
  expect(problems).toContain(`"bugs" in package.json must be { "url": "${HOME}/issues" }.`)
  expect(problems.join('\n')).not.toContain('The tag is')
})

it('refuses a tag that is not the version', () => {
  expect(check('v0.0.0')).toContain(`The tag is v0.0.0, and package.json has version ${manifest.version}.`)
})
