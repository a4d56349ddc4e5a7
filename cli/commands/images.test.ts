import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
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

test('save writes a file, all of it or none', async () => {
  const output = join(engine.home, 'images.tar')
  engine.answers['GET /images/get'] = (_call, response) => response.end('whole archive')
  expect(await ramet(engine, 'save', '-o', output, 'a', 'reg/b:1')).toEqual({
    code: 0,
    stdout: '',
    stderr: '',
  })
  expect(engine.calls.at(-1)!.query.getAll('names')).toEqual(['a', 'reg/b:1'])
  expect(await readFile(output, 'utf8')).toBe('whole archive')
  expect((await ramet(engine, 'save', 'a')).stdout).toBe('whole archive')

  await writeFile(output, 'from before')
  const before = await readdir(engine.home)
  engine.answers['GET /images/get'] = (_call, response) => {
    response.write('half', () => response.destroy())
  }
  const broken = await ramet(engine, 'save', '-o', output, 'a')
  expect(broken.code).toBe(1)
  expect(broken.stderr).toContain(`cannot write ${output}`)
  expect(await readFile(output, 'utf8')).toBe('from before')
  expect(await readdir(engine.home)).toEqual(before)
})

test('push names the tag, and tells what the registry refuses', async () => {
  engine.answers['POST /images/reg/a/push'] = (_call, response) => {
    response.end('{"status":"Preparing","id":"abc"}\r\n{"error":"no","errorDetail":{"message":"no"}}\r\n')
  }
  const told = { code: 1, stdout: 'abc: Preparing\n', stderr: 'ramet: no\n' }
  expect(await ramet(engine, 'push', 'reg/a')).toEqual(told)
  expect(engine.calls.at(-1)!.query.get('tag')).toBe('latest')
  engine.answers['POST /images/reg/a/push'] = (_call, response) => response.end()
  expect(await ramet(engine, 'push', '-q', 'reg/a:2')).toMatchObject({ code: 0, stdout: 'reg/a:2\n' })
  expect(engine.calls.at(-1)!.query.get('tag')).toBe('2')
  expect(await ramet(engine, 'push', '-a', 'reg/a')).toMatchObject({ code: 0 })
  expect(engine.calls.at(-1)!.query.has('tag')).toBe(false)
  expect(await ramet(engine, 'push', '-a', 'reg/a:2')).toMatchObject({ code: 1 })
})
