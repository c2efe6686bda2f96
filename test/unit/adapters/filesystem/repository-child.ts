import { FileConnectionRepository } from '../../../../src/adapters/filesystem/file-connection-repository.js'

// Saves connections of its own into a file that others use too, when it is told to.

const [file = '', name = ''] = process.argv.slice(2)
const repository = new FileConnectionRepository({ file })
process.stdout.write('"ready"\n')
process.stdin.once('data', () => void save())

async function save(): Promise<void> {
  for (let round = 0; round < 20; round++) {
    await repository.save(`${name} ${round}`, { owner: name })
    await repository.save('shared', { metadata: { [name]: round } })
  }
  process.stdout.write('"done"\n')
  process.stdin.unref()
}
