import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeEngine } from '../testing/fake-engine.ts'
import { ramet } from '../testing/ramet.ts'

let engine: FakeEngine

beforeEach(async () => {
  engine = await FakeEngine.start()
})
afterEach(() => engine[Symbol.asyncDispose]())

const volume = { Name: 'data', Driver: 'local', Mountpoint: '/x', Options: null, Labels: {}, Scope: 'local' }

test('volumes are listed with their sizes and who has them', async () => {
  engine.json('GET /volumes', 200, { Volumes: [volume] })
  engine.json('GET /system/df', 200, {
    Volumes: [{ ...volume, UsageData: { RefCount: 1, Size: 4_260_000 } }],
  })
  engine.json('GET /containers/json', 200, [
    { Names: ['/web'], Mounts: [{ Type: 'volume', Name: 'data' }] },
    { Names: ['/other'], Mounts: [] },
  ])
  const { stdout } = await ramet(engine, 'volume', 'ls')
  expect(stdout).toBe('VOLUME   KIND     SIZE     USED BY\ndata     folder   4.26MB   web\n')
})

test('an export reaches the files through a container that never runs, and leaves none', async () => {
  engine.json('GET /volumes/data', 200, volume)
  engine.json('GET /images/json', 200, [{ Id: 'sha256:aa' }])
  engine.json('POST /containers/create', 201, { Id: 'c1', Warnings: [] })
  engine.answers['GET /containers/c1/archive'] = (_call, response) => response.end('a tar')
  engine.json('DELETE /containers/c1', 204)
  const file = join(engine.home, 'out.tar')
  expect(await ramet(engine, 'volume', 'export', 'data', '-o', file)).toMatchObject({ code: 0, stderr: '' })
  expect(await readFile(file, 'utf8')).toBe('a tar')
  expect(engine.asked.at(-1)).toBe('DELETE /containers/c1')
  const { body } = engine.calls.find(({ what }) => what === 'POST /containers/create')!
  expect(JSON.parse(body)).toMatchObject({
    HostConfig: { Mounts: [{ Source: 'data', ReadOnly: true, VolumeOptions: { NoCopy: true } }] },
  })
})

test('an import that fails leaves no container, and tells why', async () => {
  engine.json('POST /volumes/create', 201, volume)
  engine.json('GET /images/json', 200, [{ Id: 'sha256:aa' }])
  engine.json('POST /containers/create', 201, { Id: 'c1', Warnings: [] })
  engine.json('PUT /containers/c1/archive', 500, { message: 'the disk is full', code: 'DISK_FULL' })
  engine.json('DELETE /containers/c1', 204)
  await writeFile(join(engine.home, 'in.tar'), 'x')
  const result = await ramet(engine, 'volume', 'import', 'data', '-i', join(engine.home, 'in.tar'))
  expect(result).toMatchObject({ code: 1, stderr: 'ramet: the disk is full\n' })
  expect(engine.asked.at(-1)).toBe('DELETE /containers/c1')
})

test('without any image an export says what to do', async () => {
  engine.json('GET /volumes/data', 200, volume)
  engine.json('GET /images/json', 200, [])
  const { stderr } = await ramet(engine, 'volume', 'export', 'data')
  expect(stderr).toContain('needs an image, whichever: pull one first')
})
