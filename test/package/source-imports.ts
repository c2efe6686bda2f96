import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import ts from 'typescript'

/** Stands for a module whose name is not in the source. */
export const COMPUTED = '(computed)'

/** One import, export-from, or `import()` of a source file. */
export interface SourceImport {
  /** The file that imports, below `src`, without its extension. */
  from: string
  /** The file imported, in the same form, or the name of a package. */
  to: string
  /** Whether `to` is a file below `src`. */
  isLocal: boolean
  /** `type`: gone after compilation; `static`: loaded with the file; `dynamic`: an `import()`. */
  kind: 'type' | 'static' | 'dynamic'
}

/** The files below a folder, without their extension, sorted. */
export function listSources(root = 'src'): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.replaceAll('\\', '/').slice(0, -'.ts'.length))
    .sort()
}

/** Every import of every file below a folder. */
export function readImports(root = 'src'): SourceImport[] {
  return listSources(root).flatMap((from) => {
    const text = readFileSync(join(root, `${from}.ts`), 'utf8')
    const source = ts.createSourceFile(from, text, ts.ScriptTarget.Latest, false)
    const found: SourceImport[] = []
    collect(source, (specifier, kind) => {
      const isLocal = specifier.startsWith('.')
      const to = isLocal ? posix.join(posix.dirname(from), specifier).replace(/\.js$/u, '') : specifier
      found.push({ from, to, isLocal, kind })
    })
    return found
  })
}

/** The first circle of imports, as a path that ends where it begins, or `null`. */
export function findCycle(imports: readonly SourceImport[]): string[] | null {
  const edges = new Map<string, string[]>()
  for (const { from, to, isLocal } of imports) {
    if (isLocal) edges.set(from, [...(edges.get(from) ?? []), to])
  }
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return null
    for (const to of edges.get(file) ?? []) {
      const cycle = visit(to, [...path, file])
      if (cycle !== null) return cycle
    }
    done.add(file)
    return null
  }
  for (const file of edges.keys()) {
    const cycle = visit(file, [])
    if (cycle !== null) return cycle
  }
  return null
}

function collect(node: ts.Node, found: (specifier: string, kind: SourceImport['kind']) => void): void {
  if (ts.isImportDeclaration(node)) {
    found(textOf(node.moduleSpecifier), node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword ? 'type' : 'static')
  } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    found(textOf(node.moduleSpecifier), node.isTypeOnly ? 'type' : 'static')
  } else if (ts.isImportTypeNode(node)) {
    found(ts.isLiteralTypeNode(node.argument) ? textOf(node.argument.literal) : COMPUTED, 'type')
  } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    found(textOf(node.arguments[0]), 'dynamic')
  }
  ts.forEachChild(node, (child) => collect(child, found))
}

function textOf(specifier: ts.Node | undefined): string {
  return specifier !== undefined && ts.isStringLiteral(specifier) ? specifier.text : COMPUTED
}
