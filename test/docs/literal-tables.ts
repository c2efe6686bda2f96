import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'

/** A row of a table of tests: the text of each field that the source spells out. */
export type LiteralRow = ReadonlyMap<string, string>

/**
 * The rows of the table of `it.each(table)`: an array of objects that stands there, or in a constant of the same file or of one that it
 * imports. `undefined` for any other table.
 */
export function literalRows(table: ts.Expression): LiteralRow[] | undefined {
  const array = ts.isIdentifier(table) ? findConstant(table.text, table.getSourceFile()) : table
  if (array === undefined || !ts.isArrayLiteralExpression(array)) return undefined
  return array.elements.every(ts.isObjectLiteralExpression) ? array.elements.filter(ts.isObjectLiteralExpression).map(toRow) : undefined
}

/** A title with what a row says in the place of `$field`. */
export function fillTitle(title: string, row: LiteralRow): string {
  return title.replaceAll(/\$(\w+)/gu, (placeholder, field: string) => row.get(field) ?? placeholder)
}

function toRow(object: ts.ObjectLiteralExpression): LiteralRow {
  return new Map(
    object.properties.flatMap((property) => {
      if (!ts.isPropertyAssignment(property) || !(ts.isStringLiteralLike(property.initializer) || ts.isNumericLiteral(property.initializer))) return []
      return [[property.name.getText(), property.initializer.text] as const]
    }),
  )
}

function findConstant(name: string, source: ts.SourceFile): ts.Expression | undefined {
  for (const statement of source.statements) {
    if (ts.isVariableStatement(statement)) {
      const found = statement.declarationList.declarations.find((declaration) => declaration.name.getText() === name)
      if (found !== undefined) return found.initializer
    }
    if (ts.isImportDeclaration(statement) && statement.importClause?.getText().match(/\w+/gu)?.includes(name) === true) return findImported(name, statement)
  }
  return undefined
}

function findImported(name: string, { moduleSpecifier }: ts.ImportDeclaration): ts.Expression | undefined {
  const { fileName } = moduleSpecifier.getSourceFile()
  const file = ts.isStringLiteral(moduleSpecifier) ? join(dirname(fileName), moduleSpecifier.text.replace(/\.js$/u, '.ts')) : ''
  if (!existsSync(file)) return undefined
  return findConstant(name, ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true))
}
