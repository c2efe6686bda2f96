import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseDocument } from 'yaml'
import manifest from '../../package.json' with { type: 'json' }
import versions from '../../scripts/matrix/versions.json' with { type: 'json' }

interface Step {
  uses?: string
  run?: string
}

interface Job extends Step {
  permissions?: Record<string, string>
  steps?: Step[]
  strategy?: { matrix: Record<string, unknown[]> }
}

interface Workflow {
  permissions: Record<string, string>
  jobs: Record<string, Job>
}

interface Addresses {
  repository?: { url: string }
  bugs?: { url: string }
  homepage?: string
}

interface Field {
  type: string
  id?: string
  attributes: { label?: string; value?: string; options?: (string | { label: string })[] }
}

interface Form {
  name: string
  description: string
  body: Field[]
}

const WORKFLOWS = '.github/workflows'
const FORMS = '.github/ISSUE_TEMPLATE'

const namesIn = (folder: string): string[] => readdirSync(folder).map((name) => join(folder, name))

/** Throws if the file is no valid YAML, or says a key twice. */
function readYaml(file: string): unknown {
  const document = parseDocument(readFileSync(file, 'utf8'), { strict: true, prettyErrors: true })
  expect([...document.errors, ...document.warnings]).toEqual([])
  return document.toJS()
}

// What the tests below read of these files is what GitHub requires of them.
const readWorkflow = (name: string): Workflow => readYaml(join(WORKFLOWS, name)) as Workflow
const forms = namesIn(FORMS).filter((file) => !file.endsWith('config.yml'))
const jobsOf = (workflow: Workflow): Job[] => Object.values(workflow.jobs)

describe.each(readdirSync(WORKFLOWS))('the workflow %s', (name) => {
  const workflow = readWorkflow(name)

  it('may read the repository and do no more, but for the job that publishes', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' })
    const more = jobsOf(workflow).flatMap(({ permissions = {} }) => Object.keys(permissions).filter((scope) => permissions[scope] === 'write'))
    expect(more).toEqual(name === 'release.yml' ? ['id-token'] : [])
  })

  it('uses actions of one version', () => {
    const used = jobsOf(workflow).flatMap(({ uses, steps = [] }) => [uses, ...steps.map((step) => step.uses)].filter((use) => use !== undefined))
    expect(used.length).toBeGreaterThan(0)
    for (const use of used) expect(use).toMatch(/^(?:\.\/\.github\/workflows\/\w+\.yml|[\w-]+\/[\w-]+@(?:v\d+\.\d+\.\d+|[\da-f]{40}))$/u)
  })

  it('runs only what is there', () => {
    const commands = jobsOf(workflow).flatMap(({ steps = [] }) => steps.flatMap(({ run }) => run ?? []))
    const scripts = commands.flatMap((command) => /^npm run (\S+)/u.exec(command)?.[1] ?? [])
    expect(Object.keys(manifest.scripts)).toEqual(expect.arrayContaining(scripts))
    for (const command of commands.flatMap((text) => /^(?:node )?(\.ci\/\S+|scripts\/\S+)/u.exec(text)?.[1] ?? []))
      expect(existsSync(command), command).toBe(true)
  })
})

describe('what CI runs', () => {
  const { everything, fast } = readWorkflow('ci.yml').jobs

  it('is everything, on each Node of the matrix', () => {
    expect(everything?.strategy?.matrix['node']).toEqual(Object.keys(versions.node).map(Number))
    expect(everything?.steps).toContainEqual({ run: '.ci/run' })
  })

  it('is the fast tests, on Windows and macOS', () => {
    expect(fast?.strategy?.matrix['system']).toEqual([expect.stringMatching(/^windows-/u), expect.stringMatching(/^macos-/u)])
    expect(fast?.steps).toContainEqual({ run: 'npm run test:fast' })
  })
})

describe.each(forms)('the form %s', (file) => {
  const { name, description, body } = readYaml(file) as Form

  it('has what GitHub asks of a form', () => {
    expect([name, description]).toEqual([expect.stringMatching(/./u), expect.stringMatching(/./u)])
    for (const { type, id, attributes } of body) {
      expect(['checkboxes', 'dropdown', 'input', 'markdown', 'textarea']).toContain(type)
      if (type === 'markdown') expect(attributes.value).toMatch(/./u)
      else expect([id, attributes.label]).toEqual([expect.stringMatching(/^[\w-]+$/u), expect.stringMatching(/./u)])
      if (type === 'checkboxes' || type === 'dropdown') expect(attributes.options?.length).toBeGreaterThan(1)
    }
  })

  it('has no name twice', () => {
    const unique = (values: readonly unknown[]): void => {
      expect(new Set(values).size).toBe(values.length)
    }
    unique(body.flatMap(({ id }) => id ?? []))
    unique(body.flatMap(({ attributes }) => attributes.label ?? []))
  })
})

it('sends nobody to a public issue with a weakness', () => {
  expect(readYaml(join(FORMS, 'config.yml'))).toEqual({ blank_issues_enabled: false })
})

describe('addresses', () => {
  const { repository, bugs, homepage } = JSON.parse(readFileSync('package.json', 'utf8')) as Addresses

  it('are left out of package.json, or are of one place where this is at home', () => {
    const home = repository?.url.replace(/^git\+|\.git$/gu, '')
    if (home === undefined) expect([bugs, homepage]).toEqual([undefined, undefined])
    else {
      expect(home).toMatch(/^https:\/\/github\.com\/[\w-]+\/[\w.-]+$/u)
      expect(home).not.toMatch(/example|your|owner|placeholder|todo/iu)
      expect(bugs?.url).toBe(`${home}/issues`)
      expect(homepage).toMatch(/^https:\/\//u)
    }
  })

  it('of people are in no text of the project, nor are invented hosts', () => {
    const texts = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'LICENSE', 'package.json', ...namesIn(WORKFLOWS), ...namesIn(FORMS)]
    const known = /^https:\/\/(?:github\.com\/(?:WhiskeySockets|unjs)\/|(?:[\w-]+\.)?(?:nodejs|npmjs)\.(?:com|org)\b|common-changelog\.org\b)/u
    for (const file of texts) {
      const text = readFileSync(file, 'utf8')
      expect(text.match(/\b[\w.+-]+@[\w-]+\.(?:com|org|net|io|dev)\b/gu) ?? [], file).toEqual([])
      expect(
        (text.match(/https?:\/\/[^\s)"'`<>]+/gu) ?? []).filter((url) => !known.test(url) && !(homepage !== undefined && url.startsWith(homepage))),
        file,
      ).toEqual([])
    }
  })
})
