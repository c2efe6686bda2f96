import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { drawStateDiagram, listPhases } from './draw-machine.js'
import { exploreMachine } from './explore-machine.js'
import { listInvariantTests, readInvariantTests } from './invariant-tests.js'
import { readPage, type Page } from './markdown.js'
import { listProofs } from './proof-table.js'

const PART = /^<!-- generated: (.+) -->$[^]*?^<!-- end of generated -->$/gmu

/** Every page of the documentation that people read: the README, the change log, and what lies in `docs`. */
export function listPages(): string[] {
  const pages = readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `docs/${name}`)
  return ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...pages]
}

/** The pages that hold parts which are made from the code. */
export function listGeneratedPages(): Page[] {
  return listPages()
    .map(readPage)
    .filter(({ text }) => partsOf(text).length > 0)
}

/** The names of the parts of a page that are made from the code. */
export function partsOf(text: string): string[] {
  return [...text.matchAll(PART)].map(([, name = '']) => name)
}

/** A page with every part as the code says. Throws for a part that nobody knows how to write. */
export function fillIn(text: string, write: (name: string) => string = writePart): string {
  return text.replaceAll(PART, (_part: string, name: string) => `<!-- generated: ${name} -->\n${write(name)}\n<!-- end of generated -->`)
}

function writePart(name: string): string {
  switch (name) {
    case 'state diagram':
      return block('mermaid', drawStateDiagram(exploreMachine()))
    case 'phases':
      return listPhases(exploreMachine())
    case 'tests of the invariants':
      return listInvariantTests(readInvariantTests())
    case 'proofs of a cluster':
      return listProofs()
  }
  if (name.startsWith('examples/')) return block(extname(name).slice(1), readFileSync(name, 'utf8'))
  throw new Error(`Nobody knows how to write the part "${name}".`)
}

function block(language: string, code: string): string {
  return `\`\`\`${language}\n${code.trimEnd()}\n\`\`\``
}
