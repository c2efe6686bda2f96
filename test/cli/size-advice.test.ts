import { expect, it } from 'vitest'
import { adviseOnInodes, adviseOnSize } from '../../src/cli/doctor/size-advice.js'

const codes = (findings: readonly { code: string }[]): string[] => findings.map(({ code }) => code)

it('tells of many pre-keys and many files, which are no fault: nobody has to act, and nothing is to be deleted', () => {
  expect(adviseOnSize({ preKeys: 5000, files: 10_000 })).toEqual([])
  const findings = adviseOnSize({ preKeys: 5001, files: 10_001 })
  expect(codes(findings)).toEqual(['many_pre_keys', 'many_files'])
  for (const { message, needsPerson, canRepair } of findings) {
    expect({ needsPerson, canRepair }).toEqual({ needsPerson: false, canRepair: false })
    expect(message).toContain('Delete none')
  }
  expect(findings[0]?.message).toContain('5001 pre-keys')
  expect(codes(adviseOnSize({ preKeys: 5001, files: null }))).toEqual(['many_pre_keys'])
})

it('tells of a volume with few inodes left, and of none that counts no inodes', () => {
  expect(adviseOnInodes({ total: 1000, free: 50 }, '/srv')).toEqual([])
  expect(adviseOnInodes({ total: 0, free: 0 }, '/srv')).toEqual([])
  expect(adviseOnInodes({ total: 1000, free: 49 }, '/srv')).toEqual([
    expect.objectContaining({ code: 'few_inodes', needsPerson: true, message: expect.stringContaining('/srv has 49 of 1000 inodes left') }),
  ])
})
