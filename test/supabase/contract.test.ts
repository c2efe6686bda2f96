import { afterAll } from 'vitest'
import { connectionRepositoryContract } from '../../src/testing/index.js'
import { runContract } from '../contract/run-contract.js'
import { startProject, SupabaseSubjects } from './supabase-projects.js'

const project = await startProject()
afterAll(() => project[Symbol.asyncDispose]())
const subjects = new SupabaseSubjects(project)

runContract(
  'SupabaseConnectionRepository',
  connectionRepositoryContract(() => subjects.open(), subjects.hooks),
)
