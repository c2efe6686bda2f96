// After tsup: both formats have the same types, so those for ES modules name those for CommonJS instead of repeating them. It makes the package
// smaller, and a class is one type for TypeScript even where one half of an application imports and the other half requires.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

for (const name of readdirSync('dist', { recursive: true })) {
  if (!name.endsWith('.d.ts')) continue
  const file = join('dist', name)
  // `export *` leaves a default export out.
  if (/^export (?:default\b|\{.*\bas default\b)/mu.test(readFileSync(file, 'utf8'))) continue
  writeFileSync(file, `export * from './${basename(name, '.d.ts')}.cjs';\n`)
}
