import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { fillTitle, literalRows } from './literal-tables.js'

/** How many invariants there are. */
export const INVARIANTS: readonly number[] = Array.from({ length: 15 }, (_, index) => index + 1)

/** A test that shows an invariant: its title, or that of a group around it, says "invariant 4" or "invariants 1, 4-6". */
export interface InvariantTest {
  file: string
  /** The title as the source has it, with its placeholders. */
  title: string
  invariants: readonly number[]
}

const NAMED = /\binvariants?\s+(\d+(?:\s*(?:,\s*and|,|and|to|-|–)\s*\d+)*)/iu
const COMPUTED = /\binvariants?\s+[$%]/iu
const TITLED: ReadonlySet<string> = new Set(['it', 'test', 'describe', 'suite'])
const NOT_RUN: ReadonlySet<string> = new Set(['skip', 'todo'])

/** The tests of this repository that show an invariant, by file. */
export function readInvariantTests(folder = 'test'): InvariantTest[] {
  return listTestFiles(folder).flatMap((file) => invariantTestsIn(file, readFileSync(file, 'utf8')))
}

/** The files that hold tests. */
export function listTestFiles(folder = 'test'): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => join(folder, name))
}

/** The tests of one file that show an invariant. Throws for a title whose number only a run would tell. */
export function invariantTestsIn(file: string, code: string): InvariantTest[] {
  const source = ts.createSourceFile(file, code, ts.ScriptTarget.Latest, true)
  const found: InvariantTest[] = []
  const visit = (node: ts.Node, around: readonly number[]): void => {
    const titled = titledCall(node)
    if (titled?.isRun === false) return
    if (titled === undefined) {
      ts.forEachChild(node, (child) => visit(child, around))
      return
    }
    const tests = titled.titles.map((title) => ({ file, title, invariants: invariantsOf(title, around, file) }))
    if (titled.isTest) found.push(...tests.filter(({ invariants }) => invariants.length > 0))
    ts.forEachChild(node, (child) =>
      visit(
        child,
        tests.flatMap(({ invariants }) => invariants),
      ),
    )
  }
  visit(source, [])
  return found
}

/** The invariants that a title names; without a name those of the group around it. */
function invariantsOf(title: string, around: readonly number[], file: string): readonly number[] {
  const [, list] = NAMED.exec(title) ?? []
  if (list !== undefined) return numbersIn(list)
  if (COMPUTED.test(title) && around.length === 0) {
    throw new Error(
      `The number in "${title}" of ${file} is computed: name the numbers in the title of the "describe" around it, such as "invariants 1-14: ...".`,
    )
  }
  return around
}

function numbersIn(list: string): number[] {
  return [...list.matchAll(/(\d+)(?:\s*(?:to|-|–)\s*(\d+))?/gu)].flatMap(([, from = '', to = from]) =>
    Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => Number(from) + index),
  )
}

/** A call such as `it('...', work)`, `it.each(table)('...', work)` or `describe.skipIf(no)(`...`, work)`. */
function titledCall(node: ts.Node): { titles: string[]; isTest: boolean; isRun: boolean } | undefined {
  if (!ts.isCallExpression(node) || node.arguments.length < 2) return undefined
  const [title] = node.arguments
  const names = namesIn(node.expression)
  const [name = ''] = names
  if (title === undefined || !TITLED.has(name) || isCalleeOf(node)) return undefined
  return { titles: titlesOf(textOf(title), node.expression), isTest: name === 'it' || name === 'test', isRun: !names.some((part) => NOT_RUN.has(part)) }
}

/** One title for each row of a table that says which invariant it is about, as far as the source spells that out; else the title. */
function titlesOf(title: string, callee: ts.Expression): string[] {
  const [table] = ts.isCallExpression(callee) ? callee.arguments : []
  const rows = table === undefined || !COMPUTED.test(title) ? undefined : literalRows(table)
  return rows?.map((row) => fillTitle(title, row)) ?? [title]
}

/** The names that a callee is made of, such as `it` and `each` of `it.each(table)`. */
function namesIn(callee: ts.Expression): string[] {
  if (ts.isIdentifier(callee)) return [callee.text]
  if (ts.isPropertyAccessExpression(callee)) return [...namesIn(callee.expression), callee.name.text]
  if (ts.isCallExpression(callee)) return namesIn(callee.expression)
  return ts.isTaggedTemplateExpression(callee) ? namesIn(callee.tag) : []
}

function isCalleeOf(node: ts.CallExpression): boolean {
  return ts.isCallExpression(node.parent) && node.parent.expression === node
}

function textOf(title: ts.Expression): string {
  if (ts.isStringLiteralLike(title)) return title.text
  if (ts.isBinaryExpression(title)) return textOf(title.left) + textOf(title.right)
  if (!ts.isTemplateExpression(title)) return `\${${title.getText()}}`
  return title.head.text + title.templateSpans.map(({ expression, literal }) => `\${${expression.getText()}}${literal.text}`).join('')
}

/** The tests of each invariant, as the page lists them. */
export function listInvariantTests(tests: readonly InvariantTest[]): string {
  return INVARIANTS.map((number) => `### Tests of invariant ${number}\n\n${listTests(tests.filter(({ invariants }) => invariants.includes(number)))}`).join(
    '\n\n',
  )
}

function listTests(tests: readonly InvariantTest[]): string {
  const files = [...new Set(tests.map(({ file }) => file))]
  const lines = files.flatMap((file) => [
    `- [${file}](../${file})`,
    ...tests.filter((test) => test.file === file).map(({ title }) => `  - ${escape(withoutNumber(title))}`),
  ])
  return lines.length === 0 ? 'None yet.' : lines.join('\n')
}

function withoutNumber(title: string): string {
  return title.replace(/^invariants? [^:]*: | \(invariants? [^)]*\)$/giu, '')
}

// What Markdown would take for markup.
function escape(title: string): string {
  return title.replaceAll(/[\\`*<>[\]]/gu, '\\$&')
}
