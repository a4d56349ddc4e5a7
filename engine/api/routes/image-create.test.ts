import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { EngineError } from '../../../contract/errors.ts'
import type { ImageBackend } from '../backend.ts'
import { TestServer } from '../testing/test-server.ts'

type Import = Parameters<ImageBackend['import']>

test('an import hands the body over unread, with its name and its changes', async () => {
  const seen: unknown[] = []
  await using api = await TestServer.start({
    images: {
      import: async (...[layer, { reference, comment, changes, onProgress }]: Import) => {
        seen.push(await text(layer), reference, comment, changes)
        onProgress({ status: 'sha256:1' })
      },
    },
  })
  const body = 'not JSON'.repeat(1_000_000)
  const query = 'fromSrc=-&repo=a/b&tag=1&message=hand%20made&changes=USER%20me&changes=CMD%20x'
  const answer = await api.call('POST', `/v1.51/images/create?${query}`, {
    body,
    headers: { 'Content-Type': 'text/plain' },
  })
  expect(answer).toMatchObject({ status: 200, body: '{"status":"sha256:1"}\r\n' })
  expect(seen).toEqual([body, 'a/b:1', 'hand made', ['USER me', 'CMD x']])
})

test('an import that fails answers in words', async () => {
  await using api = await TestServer.start({
    images: {
      import: async () => {
        throw new EngineError('IMAGE_INVALID', 'the archive is empty')
      },
    },
  })
  expect(await api.call('POST', '/images/create?fromSrc=-&changes=USER%20me')).toMatchObject({
    status: 500,
    body: '{"message":"the archive is empty","code":"IMAGE_INVALID"}',
  })
})

test.each(['fromSrc=http://x.example/y.tar', 'fromSrc=-&platform=plan9/mips'])(
  'refuses %s',
  async (query) => {
    await using api = await TestServer.start()
    expect(await api.call('POST', `/images/create?${query}`)).toMatchObject({
      status: 501,
      body: expect.stringMatching(/^\{"message":"cannot import f/) as string,
    })
  },
)
