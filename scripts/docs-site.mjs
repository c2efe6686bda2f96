// Part of `npm run docs`: what the site adds to the guides, which people also read as they are. Each group of guides is under `guides` in typedoc.json.
import { Converter, ParameterType, ReflectionKind } from 'typedoc'

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.options.addDeclaration({ name: 'guides', help: 'The pages of each group of guides.', type: ParameterType.Object, defaultValue: {} })
  app.on('bootstrapEnd', () => {
    const guides = guidesOf(app)
    app.options.setValue('projectDocuments', Object.values(guides).flat())
    app.options.setValue('groupOrder', [...Object.keys(guides), '*'])
    app.options.setValue('markdownItLoader', letTablesScroll)
  })
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    const symbols = symbolsOf(project)
    for (const document of project.getReflectionsByKind(ReflectionKind.Document)) {
      if (!document.isDocument()) continue
      document.frontmatter['group'] = groupOf(document.name, guidesOf(app))
      takeTitle(document)
      document.content = linked(document.content, symbols)
    }
    if (project.readme !== undefined) project.readme = linked(project.readme, symbols)
  })
}

/**
 * @param {import('typedoc').Application} app
 * @returns {Record<string, string[]>}
 */
function guidesOf(app) {
  return app.options.getValue('guides')
}

/**
 * @param {string} name the path of a page, from the folder that all pages have in common
 * @param {Record<string, string[]>} guides
 */
function groupOf(name, guides) {
  const group = Object.keys(guides).find((key) => guides[key]?.some((page) => `/${page}`.endsWith(`/${name}.md`)))
  if (group === undefined) throw new Error(`${name} is in no group of "guides" in typedoc.json.`)
  return group
}

/**
 * A wide table scrolls by itself, with the keyboard too, and the page does not.
 * @param {{ renderer: { rules: Record<string, () => string> } }} parser
 */
function letTablesScroll({ renderer }) {
  renderer.rules.table_open = () => '<div class="wide-table" role="region" aria-label="Table" tabindex="0"><table>'
  renderer.rules.table_close = () => '</table></div>'
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
