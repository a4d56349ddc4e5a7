import { spawn, type ChildProcess } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CliResult, TestEngine } from '../../support/engine.ts'
import { dockerEnvironment, dockerVersion, runDocker, until, useEngine } from '../../support/fixture.ts'
import { PeakMemory } from '../../support/memory.ts'

/** Large streams through docker's command line: whole, in order, and with bounded memory in the engine. */
const version = await dockerVersion()
if (!version) console.warn('SKIPPED: no docker command here, so none of its large streams was tried')

const MB = 1_000_000
const COUNT = 2_000_000

describe.skipIf(!version)(`large streams (${version})`, () => {
  let engine: TestEngine
  let folder: string
  let numbers: string
  useEngine((fixture) => ({ engine } = fixture))

  const docker = (...args: string[]): Promise<CliResult> => runDocker(engine, args)

  /** Docker with files for input and output, so that nothing of the test holds it up. */
  function streamed(args: string[], input?: string): ChildProcess {
    const child = spawn('docker', args, {
      env: dockerEnvironment(engine),
      stdio: [input ? 'pipe' : 'ignore', 'pipe', 'inherit'],
    })
    if (input) createReadStream(input).pipe(child.stdin!)
    return child
  }

  async function digestOf(stream: NodeJS.ReadableStream): Promise<string> {
    const hash = createHash('sha256')
    for await (const chunk of stream) hash.update(chunk as Buffer)
    return hash.digest('hex')
  }

  /** What the engine may take above what it has when it is idle. */
  async function bounded<T>(work: () => Promise<T>): Promise<T> {
    const memory = await PeakMemory.watch(engine.pid)
    const result = await work()
    expect(await memory.grown()).toBeLessThan(100 * MB)
    return result
  }

  beforeAll(async () => {
    folder = await mkdtemp('/tmp/ramet-streams-')
    const hash = createHash('sha256')
    for (let from = 1; from <= COUNT; from += 1000) {
      hash.update(Array.from({ length: 1000 }, (_, at) => `${from + at}\n`).join(''))
    }
    numbers = hash.digest('hex')
    // The template is made now, and what that takes is no part of what is measured.
    expect(await docker('run', '--rm', 'busybox', 'true')).toMatchObject({ code: 0 })
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('50 MB go in and come back the same', async () => {
    const sent = join(folder, 'sent')
    await writeFile(sent, randomBytes(50 * MB))
    await bounded(async () => {
      const child = streamed(['run', '--rm', '-i', 'busybox', 'cat'], sent)
      const [digest, [code]] = await Promise.all([digestOf(child.stdout!), once(child, 'close')])
      expect(code).toBe(0)
      expect(digest).toBe(await digestOf(createReadStream(sent)))
    })
  })

  test('what goes through exec comes back the same', async () => {
    expect(await docker('run', '-d', '--name', 'host', 'busybox', 'sleep', '1000')).toMatchObject({ code: 0 })
    const sent = join(folder, 'sent')
    await writeFile(sent, randomBytes(10 * MB))
    await bounded(async () => {
      const child = streamed(['exec', '-i', 'host', 'cat'], sent)
      const [digest, [code]] = await Promise.all([digestOf(child.stdout!), once(child, 'close')])
      expect(code).toBe(0)
      expect(digest).toBe(await digestOf(createReadStream(sent)))
    })
    await docker('rm', '-f', 'host')
  })

  test('two million lines come whole and in order', async () => {
    await bounded(async () => {
      const child = streamed(['run', '--name', 'numbers', 'busybox', 'seq', '1', String(COUNT)])
      const [digest, [code]] = await Promise.all([digestOf(child.stdout!), once(child, 'close')])
      expect({ code, digest }).toEqual({ code: 0, digest: numbers })
    })
  })

  test('its log has them all, and its tail', async () => {
    await bounded(async () => {
      const child = streamed(['logs', 'numbers'])
      const [digest, [code]] = await Promise.all([digestOf(child.stdout!), once(child, 'close')])
      expect({ code, digest }).toEqual({ code: 0, digest: numbers })
    })
    expect((await docker('logs', '--tail', '2', 'numbers')).stdout).toBe(`${COUNT - 1}\n${COUNT}\n`)
    await docker('rm', 'numbers')
  })

  test('a slow reader gets the same, and holds nobody else up', async () => {
    await bounded(async () => {
      const child = streamed(['run', '--name', 'slow', 'busybox', 'seq', '1', String(COUNT)])
      const ended = once(child, 'close')
      // Nobody reads: the pipe, docker's buffers and the socket fill, and then the engine stands still.
      const state = async (): Promise<string> =>
        (await docker('inspect', '-f', '{{.State.Status}}', 'slow').catch(() => ({ stdout: '' }))).stdout
      await until('the end of the process, unread', async () => (await state()) === 'exited\n')
      const digest = await digestOf(child.stdout!)
      expect(digest).toBe(numbers)
      expect((await ended)[0]).toBe(0)
    })
    await docker('rm', 'slow')
  })

  test('a process that does not read its input keeps nobody', async () => {
    const sent = join(folder, 'sent')
    await bounded(async () => {
      const child = streamed(['run', '--rm', '-i', 'busybox', 'sh', '-c', 'head -c 10; sleep 2'], sent)
      child.stdin!.on('error', () => {})
      const [read, [code]] = await Promise.all([bytesOf(child.stdout!), once(child, 'close')])
      expect({ code, read }).toEqual({ code: 0, read: (await readFile(sent)).subarray(0, 10) })
    })
  })

  test('a large file through cp, both ways', async () => {
    const sent = join(folder, 'sent')
    expect(await docker('create', '--name', 'files', 'busybox', 'true')).toMatchObject({ code: 0 })
    await bounded(async () => {
      expect(await docker('cp', sent, 'files:/large')).toMatchObject({ code: 0 })
      const child = streamed(['cp', 'files:/large', '-'])
      const back = createWriteStream(join(folder, 'back.tar'))
      child.stdout!.pipe(back)
      await Promise.all([once(back, 'close'), once(child, 'close')])
    })
    const tar = await readFile(join(folder, 'back.tar'))
    const original = await readFile(sent)
    const at = tar.indexOf(original.subarray(0, 512))
    expect(tar.subarray(at, at + original.length).equals(original)).toBe(true)
    await docker('rm', 'files')
  })

  async function bytesOf(stream: NodeJS.ReadableStream): Promise<Buffer> {
    const parts: Buffer[] = []
    for await (const chunk of stream) parts.push(chunk as Buffer)
    return Buffer.concat(parts)
  }
})
