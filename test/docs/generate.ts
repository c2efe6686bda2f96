// npm run docs:generate: writes the parts of the pages that are made from the code. A test compares them.
import { writeFileSync } from 'node:fs'
import { fillIn, listGeneratedPages } from './generated-parts.js'

for (const { file, text } of listGeneratedPages()) {
  const filled = fillIn(text)
  if (filled !== text) writeFileSync(file, filled)
}
