// Part of `npm run docs`: a guide gets its heading as its name, and code that names a symbol of the API becomes a link to it.
import { Converter, ReflectionKind } from 'typedoc'

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    const symbols = symbolsOf(project)
    const documents = project.getReflectionsByKind(ReflectionKind.Document)
    for (const document of documents) {
      if (!document.isDocument()) continue
      takeTitle(document)
      document.content = linked(document.content, symbols)
    }
    if (project.readme !== undefined) project.readme = linked(project.readme, symbols)
  })
}

/** @param {import('typedoc').DocumentReflection} document */
function takeTitle(document) {
  const title = /^\s*# (.+)$/m.exec(document.content[0]?.text ?? '')?.[1]
  if (title === undefined) throw new Error(`${document.name} does not start with a heading.`)
  document.name = title
}

/**
 * What code can name: everything exported, and the manager's methods whose names are not everyday words.
 * @param {import('typedoc').ProjectReflection} project
 */
function symbolsOf(project) {
  /** @type {Map<string, import('typedoc').Reflection>} */
  const symbols = new Map()
  for (const module of project.children ?? []) {
    for (const symbol of module.children ?? []) if (!symbols.has(symbol.name)) symbols.set(symbol.name, symbol)
  }
  const manager = symbols.get('SessionManager')
  if (!manager?.isDeclaration()) throw new Error('The API no longer has SessionManager.')
  for (const member of manager.children ?? []) {
    symbols.set(`sessions.${member.name}`, member)
    if (/[a-z][A-Z]/.test(member.name)) symbols.set(member.name, member)
  }
  return symbols
}

/**
 * @param {readonly import('typedoc').CommentDisplayPart[]} content
 * @param {ReadonlyMap<string, import('typedoc').Reflection>} symbols
 * @returns {import('typedoc').CommentDisplayPart[]}
 */
function linked(content, symbols) {
  return content.map((part, index) => {
    const name = part.kind === 'code' ? /^`([\w.]+)(?:\(.*\))?`$/.exec(part.text)?.[1] : undefined
    const target = name === undefined ? undefined : symbols.get(name)
    // Text inside a link already leads somewhere.
    if (target === undefined || content[index - 1]?.text.endsWith('[') === true) return part
    return { kind: 'inline-tag', tag: '@linkcode', text: part.text.slice(1, -1), target }
  })
}
