import { readFileSync } from 'node:fs'
import ts from 'typescript'

/** The words of a union of string literals, as its source file lists them. */
export function wordsOf(file: string, name: string): string[] {
  const declaration = find(file, name)
  if (!ts.isTypeAliasDeclaration(declaration) || !ts.isUnionTypeNode(declaration.type)) throw new Error(`${name} in ${file} is no union.`)
  return declaration.type.types.map((type) => {
    if (!ts.isLiteralTypeNode(type) || !ts.isStringLiteral(type.literal)) throw new Error(`${name} in ${file} holds more than texts.`)
    return type.literal.text
  })
}

/** The names of the own members of an interface, as its source file lists them. */
export function membersOf(file: string, name: string): string[] {
  return interfaceOf(file, name).members.map(nameOf)
}

/** The type of each member of an interface, by name: the name of the first thing that it refers to. */
export function referencesOf(file: string, name: string): Map<string, string> {
  return new Map(interfaceOf(file, name).members.map((member) => [nameOf(member), firstReference(member) ?? '']))
}

function interfaceOf(file: string, name: string): ts.InterfaceDeclaration {
  const declaration = find(file, name)
  if (!ts.isInterfaceDeclaration(declaration)) throw new Error(`${name} in ${file} is no interface.`)
  return declaration
}

function find(file: string, name: string): ts.InterfaceDeclaration | ts.TypeAliasDeclaration {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
  const declaration = source.statements
    .filter((statement) => ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement))
    .find((statement) => statement.name.text === name)
  if (declaration === undefined) throw new Error(`${file} declares no ${name}.`)
  return declaration
}

function nameOf(member: ts.TypeElement): string {
  if (member.name === undefined || !(ts.isIdentifier(member.name) || ts.isStringLiteral(member.name))) throw new Error('A member has no name.')
  return member.name.text
}

function firstReference(node: ts.Node): string | undefined {
  if (ts.isTypeReferenceNode(node)) return node.typeName.getText()
  return ts.forEachChild(node, firstReference)
}
