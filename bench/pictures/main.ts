// npm run bench:pictures: the pictures of the docs, from what the benchmarks left with --save.
import { writeFileSync } from 'node:fs'
import { readFigures } from '../saved-figures.js'
import { drawPictures } from './pictures.js'

const figures = { messages: readFigures('messages'), scale: readFigures('scale'), store: readFigures('store') }
for (const [name, svg] of Object.entries(drawPictures(figures))) {
  writeFileSync(new URL(`../../docs/images/${name}`, import.meta.url), svg)
  console.log(`docs/images/${name}`)
}
