import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeEngine } from '../testing/fake-engine.ts'
import { ramet } from '../testing/ramet.ts'

let engine: FakeEngine

beforeEach(async () => (engine = await FakeEngine.start()))
afterEach(() => engine[Symbol.asyncDispose]())

test('history shows one line a step, however long its command', async () => {
  const step = { Id: '<missing>', Created: 0, CreatedBy: 'ENV A=1', Tags: null, Size: 0, Comment: '' }
  const first = {
    ...step,
    Id: `sha256:${'a'.repeat(64)}`,
    CreatedBy: `RUN x\n  ${'y'.repeat(60)}`,
    Size: 4_260_000,
    Comment: 'buildkit',
  }
  engine.json('GET /images/reg/a/history', 200, [first, step])
  const { stdout } = await ramet(engine, 'history', 'reg/a')
  const [heading, ...lines] = stdout.trim().split('\n').map((each) => each.trim().split(/ {2,}/)) // prettier-ignore
  expect(heading).toEqual(['IMAGE', 'CREATED', 'CREATED BY', 'SIZE', 'COMMENT'])
  expect(lines).toEqual([
    ['aaaaaaaaaaaa', 'N/A', `RUN x ${'y'.repeat(38)}…`, '4.26MB', 'buildkit'],
    ['<missing>', 'N/A', 'ENV A=1', '0B'],
  ])
  expect((await ramet(engine, 'history', '--no-trunc', 'reg/a')).stdout).toContain('y'.repeat(60))
  expect((await ramet(engine, 'history', '-q', 'reg/a')).stdout).toBe('aaaaaaaaaaaa\n<missing>\n')
})
