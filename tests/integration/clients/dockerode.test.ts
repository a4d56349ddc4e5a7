import { once } from 'node:events'
import { PassThrough, type Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import Docker from 'dockerode'
import { beforeAll, describe, expect, test } from 'vitest'
import type { TestEngine } from '../../support/engine.ts'
import { until, useEngine } from '../../support/fixture.ts'

/** The library that most programs in Node talk to Docker with. */
let engine: TestEngine
let image: string
let docker: Docker
useEngine((fixture) => ({ engine, image } = fixture))
beforeAll(() => {
  docker = new Docker({ socketPath: engine.socket })
})

/** Output and errors of a stream that is not a terminal's. */
async function split(stream: NodeJS.ReadableStream): Promise<[string, string]> {
  const [out, err] = [new PassThrough(), new PassThrough()]
  docker.modem.demuxStream(stream, out, err)
  stream.once('end', () => {
    out.end()
    err.end()
  })
  return Promise.all([text(out), text(err)])
}

describe('dockerode', () => {
  test('finds the engine', async () => {
    expect(String(await docker.ping())).toBe('OK')
    expect(await docker.version()).toMatchObject({ ApiVersion: '1.51', Os: 'linux' })
    expect(await docker.info()).toMatchObject({ Driver: 'ramet', Images: 1 })
  })

  test('create, attach, wait, start: output, errors and exit code', async () => {
    const container = await docker.createContainer({ Image: image, OpenStdin: true, StdinOnce: true, AttachStdin: true, Cmd: ['sh', '-c', 'cat; echo err >&2; exit 7'] }) // prettier-ignore
    const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true }) // prettier-ignore
    const output = split(stream)
    const exited = container.wait({ condition: 'next-exit' })
    await container.start()
    stream.end('typed')
    expect(await exited).toMatchObject({ StatusCode: 7 })
    expect(await output).toEqual(['typed', 'err\n'])
    expect(await container.wait({ condition: 'not-running' })).toMatchObject({ StatusCode: 7 })
    const removed = container.wait({ condition: 'removed' })
    await container.remove()
    expect(await removed).toMatchObject({ StatusCode: 7 })
  })

  test('a terminal: raw output, and its size', async () => {
    const container = await docker.createContainer({ Image: image, Tty: true, OpenStdin: true, Cmd: ['sh', '-c', 'read go; stty size'] }) // prettier-ignore
    const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true }) // prettier-ignore
    const output = text(stream as unknown as Readable)
    await container.start()
    await container.resize({ h: 33, w: 99 })
    stream.write('go\n')
    expect(await output).toBe('go\r\n33 99\r\n')
    await container.remove({ force: true })
  })

  test('logs, exec with input, kill, stop; 304, 404 and 409', async () => {
    const container = await docker.createContainer({ name: 'long', Image: image, Cmd: ['sh', '-c', 'echo one; exec sleep 1000'] }) // prettier-ignore
    await container.start()
    await expect(container.start()).rejects.toMatchObject({ statusCode: 304 })
    const logs = split(await container.logs({ follow: true, stdout: true, stderr: true }))
    const exec = await container.exec({ Cmd: ['sh', '-c', 'wc -c; exit 5'], AttachStdin: true, AttachStdout: true, AttachStderr: true }) // prettier-ignore
    const stream = await exec.start({ hijack: true, stdin: true })
    const output = split(stream)
    stream.end('x'.repeat(1000))
    expect(await output).toEqual(['1000\n', ''])
    expect(await exec.inspect()).toMatchObject({ Running: false, ExitCode: 5 })
    await until('its line', async () => (await engine.ramet(['logs', 'long'])).stdout === 'one\n')
    await expect(container.remove()).rejects.toMatchObject({ statusCode: 409 })
    await expect(docker.createContainer({ name: 'long', Image: image })).rejects.toMatchObject({ statusCode: 409 }) // prettier-ignore
    await container.kill()
    expect(await container.wait()).toMatchObject({ StatusCode: 137 })
    expect(await logs).toEqual(['one\n', ''])
    await expect(container.stop()).rejects.toMatchObject({ statusCode: 304 })
    await expect(container.kill()).rejects.toMatchObject({ statusCode: 409 })
    await container.remove()
    await expect(container.inspect()).rejects.toMatchObject({ statusCode: 404 })
  })

  test('keys that it names end a session on a terminal, and the process goes on', async () => {
    const looks = { Image: image, Cmd: ['sh'], Tty: true, OpenStdin: true }
    const container = await docker.createContainer(looks)
    await container.start()
    const detachKeys = 'ctrl-a,x'
    const streams = { stream: true, stdin: true, stdout: true, stderr: true, hijack: true }
    const attached = await container.attach({ ...streams, detachKeys })
    const shown = text(attached)
    attached.write('here=kept\r\x01x')
    expect(await shown).not.toContain('\x01')
    expect((await container.inspect()).State.Running).toBe(true)

    const exec = await container.exec({
      ...{ Cmd: ['sh', '-c', 'echo begun; sleep 1000'], Tty: true, DetachKeys: detachKeys },
      ...{ AttachStdin: true, AttachStdout: true },
    })
    const session = await exec.start({ hijack: true, stdin: true, Tty: true })
    await once(session, 'data')
    session.write('\x01')
    session.write('x')
    await once(session.resume(), 'end')
    expect((await exec.inspect()).Running).toBe(true)
    await container.remove({ force: true })
  })

  test('events, live', async () => {
    const events = (await docker.getEvents({ filters: { type: ['container'] } })) as Readable
    const container = await docker.createContainer({ Image: image })
    const [event] = (await once(events, 'data')) as [Buffer]
    expect(JSON.parse(event.toString())).toMatchObject({ Action: 'create', Actor: { ID: container.id } })
    events.destroy()
    await container.remove()
  })

  test('images: list, inspect, tag, remove; an unknown one is 404', async () => {
    const [found] = await docker.listImages()
    expect(found!.RepoTags).toEqual([image])
    await docker.getImage(image).tag({ repo: 'second', tag: 'name' })
    expect((await docker.getImage('second:name').inspect()).Id).toBe(found!.Id)
    await docker.getImage('second:name').remove()
    await expect(docker.getImage('second:name').inspect()).rejects.toMatchObject({ statusCode: 404 })
    await expect(docker.createContainer({ Image: 'second:name' })).rejects.toMatchObject({ statusCode: 404 })
  })
})
