// Before a release: `node scripts/check-release.mjs v1.2.3 https://host/owner/name` says what is not set yet. .github/workflows/release.yml runs it.
import { readFileSync } from 'node:fs'

const [tag = '', home = ''] = process.argv.slice(2)
const { version, repository, bugs, homepage } = JSON.parse(readFileSync('package.json', 'utf8'))

const problems = [
  tag !== `v${version}` && `The tag is ${tag}, and package.json has version ${version}.`,
  repository?.url !== `git+${home}.git` && `"repository" in package.json must be { "type": "git", "url": "git+${home}.git" }.`,
  bugs?.url !== `${home}/issues` && `"bugs" in package.json must be { "url": "${home}/issues" }.`,
  typeof homepage !== 'string' && '"homepage" in package.json is missing.',
  !readFileSync('CHANGELOG.md', 'utf8').includes(`## [${version}] - 2`) && `CHANGELOG.md has no part "## [${version}]" with a date.`,
].filter((problem) => problem !== false)

for (const problem of problems) console.error(problem)
process.exitCode = problems.length === 0 ? 0 : 1
