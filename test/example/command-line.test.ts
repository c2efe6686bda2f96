import { describe, expect, it } from 'vitest'
import { readCommand } from '../../examples/express/command-line.js'

describe('the command line of the Express example', () => {
  it('starts one server, or as many processes as are asked for', () => {
    expect(readCommand([])).toEqual({ kind: 'serve', isSimulated: false, port: 3000, data: null, isMember: false })
    expect(readCommand(['--join', '--port', '3002'])).toEqual({ kind: 'serve', isSimulated: false, port: 3002, data: null, isMember: true })
    const cluster = { kind: 'serve-cluster', isSimulated: true, port: 0, data: 'folder' }
    const others = ['--simulated', '--port', '0', '--data', 'folder']
    expect(readCommand(['--cluster', ...others])).toEqual({ ...cluster, processes: 2 })
    expect(readCommand([...others, '--cluster=5'])).toEqual({ ...cluster, processes: 5 })
  })

  it.each([
    [['--cluster=1'], /^--cluster must be a whole number from 2 to 64, but is "1"/u],
    [['--cluster=65'], /^--cluster must be a whole number from 2 to 64, but is "65"/u],
    [['--cluster=two'], /^--cluster must be a whole number from 2 to 64, but is "two"/u],
    [['--cluster', '3'], /^Unknown argument "3"/u],
    [['--cluster', '--join'], /^--cluster starts all processes, and --join starts one more/u],
    [['--cluster', '--port', '65535'], /^There are not 2 ports from 65535 on/u],
    [['--join', '--port', '0'], /^--join needs a --port/u],
  ])('refuses %j', (args, says) => {
    expect(() => readCommand(args)).toThrow(says)
  })
})
