import { writeFileSync } from 'node:fs'

/** A vitest reporter: writes the results to the file that `MATRIX_RESULT` names. */
export default class MatrixReporter {
  #isFiltered = false

  onInit({ config }) {
    this.#isFiltered = (config.tagsFilter ?? []).length > 0
  }

  onTestRunEnd(modules, unhandledErrors) {
    const result = { passed: 0, failed: [], skipped: [] }
    for (const module of modules) {
      const file = module.relativeModuleId ?? module.moduleId
      for (const error of module.errors()) result.failed.push({ file, name: file, why: firstLine(error) })
      for (const test of module.children.allTests()) {
        const { state, errors, note } = test.result()
        // Left out by the filter, and not for a reason of its own.
        if (state === 'skipped' && this.#isFiltered && test.tags.includes('full')) continue
        const name = `${file} > ${test.fullName}`
        if (state === 'passed') result.passed += 1
        else if (state === 'failed') result.failed.push({ file, name, why: firstLine(errors[0]) })
        else result.skipped.push({ name, why: note ?? '' })
      }
    }
    for (const error of unhandledErrors) result.failed.push({ file: null, name: 'outside of the tests', why: firstLine(error) })
    writeFileSync(process.env.MATRIX_RESULT, JSON.stringify(result))
  }
}

const firstLine = (error) => String(error?.message ?? error).split('\n')[0]
