import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const changelog = readFileSync('CHANGELOG.md', 'utf8')
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

it('begins with the version of package.json, and a date or "unreleased"', () => {
  const [heading] = /^## .*$/mu.exec(changelog) ?? []
  expect(heading).toMatch(/^## \[\d+\.\d+\.\d+\] - (?:\d{4}-\d{2}-\d{2}|unreleased)$/u)
  expect(heading).toContain(`[${version}]`)
})

it('says under which of the four heads a change belongs', () => {
  const heads = changelog.match(/^### .*$/gmu) ?? []
  expect(heads.filter((head) => !['### Changed', '### Added', '### Removed', '### Fixed'].includes(head))).toEqual([])
})
