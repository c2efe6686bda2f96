import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { Screen } from '../../examples/demo/screen.js'

function printed(isTTY: boolean, print: (screen: Screen) => void): string {
  const output = Object.assign(new PassThrough(), { isTTY })
  print(new Screen(output))
  // Node 26 reads what was written piece by piece, earlier ones all at once.
  let text = ''
  for (let piece = readFrom(output); piece !== null; piece = readFrom(output)) text += piece.toString()
  return text.replaceAll(/\d+\.\d s/g, '0.0 s')
}

// A stream of bytes, whose `read` is not typed.
const readFrom = (output: PassThrough): Buffer | null => output.read() as Buffer | null

function restore(screen: Screen): void {
  screen.progress('restored', 1, 3)
  screen.line('news')
  screen.progress('restored', 3, 3)
  screen.line('end')
}

describe('the screen of the demo', () => {
  it('prints plain lines where nobody could see a bar move', () => {
    expect(printed(false, restore)).toBe('   0.0 s  restored 1 of 3\nnews\n   0.0 s  restored 3 of 3\nend\n')
  })

  it('keeps one bar below the lines of a terminal', () => {
    const steps = printed(true, restore).split('\u001B[1G\u001B[2K')
    expect(steps).toEqual([
      '  [########................] restored 1 of 3',
      'news\n  [########................] restored 1 of 3',
      '  [########################] restored 3 of 3\nend\n',
    ])
  })

  it('leaves a bar that was not filled on a line of its own', () => {
    expect(
      printed(true, (screen) => {
        screen.progress('restored', 1, 3)
        screen.endProgress()
        screen.line('end')
      }),
    ).toBe('  [########................] restored 1 of 3\nend\n')
  })

  it('keeps several lines below the others of a terminal, and none elsewhere', () => {
    const show = (screen: Screen): void => {
      screen.keepBelow(['A  1', 'B  2'])
      screen.line('news')
      screen.keepBelow([])
      screen.line('end')
    }
    expect(printed(false, show)).toBe('news\nend\n')
    const erased = '\u001B[1G\u001B[1A\u001B[0J'
    expect(printed(true, show)).toBe(`A  1\nB  2${erased}news\nA  1\nB  2${erased}end\n`)
  })

  it('makes the columns of a table as wide as they have to be', () => {
    expect(
      printed(false, (screen) =>
        screen.table([
          ['name', 'a'],
          ['b', 'long'],
        ]),
      ),
    ).toBe('name   a\nb      long\n')
  })
})
