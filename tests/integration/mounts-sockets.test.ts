import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { useEngine, until, type EngineFixture } from '../support/fixture.ts'
import { compileUnixClient } from '../support/unix-client.ts'

describe('unix sockets of the workstation in containers', () => {
  let folder: string
  let fixture: EngineFixture
  let client: string
  const servers: Server[] = []

  useEngine((made) => (fixture = made))

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ramet-sockets-'))
    client = await compileUnixClient(folder)
  })

  afterAll(async () => {
    for (const server of servers) server.close()
    await rm(folder, { recursive: true })
  })

  async function serve(name: string, take: (socket: Socket) => void): Promise<string> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {})
      take(socket)
    })
    servers.push(server)
    const path = join(folder, name)
    server.listen(path)
    await new Promise((resolve) => server.once('listening', resolve))
    return path
  }

  const echo = (socket: Socket): void => void socket.pipe(socket)

  async function create(socket: string, command: string[]): Promise<string> {
    const { body, status } = await fixture.engine.call('POST', '/containers/create', {
      Image: fixture.image,
      Cmd: command,
      HostConfig: { Binds: [`${socket}:/run/it`, `${client}:/bin/unix-client:ro`] },
    })
    expect(status, body).toBe(201)
    return (JSON.parse(body) as { Id: string }).Id
  }

  /** A container that stays, to try things in. */
  async function stay(socket: string): Promise<string> {
    const id = await create(socket, ['sleep', '1000'])
    expect(await fixture.engine.call('POST', `/containers/${id}/start`)).toMatchObject({ status: 204 })
    return id
  }

  test('each direction ends by itself, and nothing is lost on the way', async () => {
    const seen = createHash('sha256')
    const answer = randomBytes(3_000_000)
    // It answers only once it has heard everything.
    const path = await serve('half-close', (socket) => {
      socket.on('data', (data) => seen.update(data))
      socket.once('end', () => socket.end(answer))
    })
    const id = await stay(path)
    const sent = randomBytes(5_000_000)
    await writeFile(join(folder, 'sent'), sent)
    const copied = await fixture.engine.ramet(['exec', '-i', id, 'sh', '-c', 'cat > /sent'], { input: sent })
    expect(copied.code).toBe(0)
    const { code, stdout } = await fixture.engine.ramet([
      'exec',
      id,
      'sh',
      '-c',
      'unix-client /run/it < /sent | sha256sum', // prettier-ignore
    ])
    expect(code).toBe(0)
    expect(stdout.split(' ')[0]).toBe(createHash('sha256').update(answer).digest('hex'))
    expect(seen.digest('hex')).toBe(createHash('sha256').update(sent).digest('hex'))
  })

  test('twenty connections at once, and a hundred one after the other', async () => {
    const id = await stay(await serve('echo', echo))
    const many = await fixture.engine.ramet(['exec', id, 'unix-client', '/run/it', '20'])
    expect(many).toMatchObject({ code: 0, stdout: '0 of 20 failed\n' })
    const script = 'for i in $(seq 100); do echo $i | unix-client /run/it; done | sort -n | uniq | wc -l'
    const one = await fixture.engine.ramet(['exec', id, 'sh', '-c', script])
    expect(one.stdout.trim()).toBe('100')
  })

  test('a connection that its container drops is dropped for the server, and the other way round', async () => {
    let closed = 0
    const path = await serve('drop', (socket) => {
      // Whoever only ended one direction is still written to.
      const timer = setInterval(() => socket.write('tick\n'), 100)
      socket.once('close', () => {
        clearInterval(timer)
        closed++
      })
      socket.once('data', (data) => data.toString().startsWith('bye') && socket.destroy())
    })
    const id = await stay(path)
    const cut = await fixture.engine.ramet(['exec', id, 'sh', '-c', 'echo bye | unix-client /run/it'])
    expect(cut.code).toBe(0)
    expect(closed).toBe(1)
    // Killed in the middle: nothing was shut down in order.
    const killed = 'unix-client /run/it 0 >/got & until test -s /got; do usleep 10000; done; kill -9 $!; wait'
    await fixture.engine.ramet(['exec', id, 'sh', '-c', killed])
    await until('the server hears that the client is gone', async () => closed === 2)
  })

  test('without a server a connection ends, and the container goes on', async () => {
    const path = await serve('gone', echo)
    const id = await stay(path)
    const server = servers.pop()!
    await new Promise((resolve) => server.close(resolve))
    const refused = await fixture.engine.ramet(['exec', id, 'sh', '-c', 'echo hi | unix-client /run/it'])
    expect(refused.stdout).toBe('')
    // Another server, another socket of the same name.
    await serve('gone', echo)
    const again = await fixture.engine.ramet(['exec', id, 'sh', '-c', 'echo hi | unix-client /run/it'])
    expect(again.stdout).toBe('hi\n')
  })

  test('the API lists the container that asks it', async () => {
    for (const source of ['/var/run/docker.sock', fixture.engine.socket]) {
      const request = 'printf "GET /containers/json HTTP/1.0\\r\\n\\r\\n" | unix-client /run/it'
      const id = await create(source, ['sh', '-c', request])
      await fixture.engine.call('POST', `/containers/${id}/start`)
      await fixture.engine.call('POST', `/containers/${id}/wait`)
      const { stdout } = await fixture.engine.ramet(['logs', id])
      expect(stdout).toMatch(/^HTTP\/1\.1 200 OK/)
      expect(stdout).toContain(id)
    }
  })

  test('an engine that is killed ends connections; the next one takes new ones', async () => {
    const id = await stay(await serve('restart', echo))
    const before = fixture.engine.ramet(['exec', id, 'true'])
    expect(await before).toMatchObject({ code: 0 })
    // The first is cut; then no engine runs, and the second waits for one. The container's log tells of it meanwhile.
    const script = 'unix-client /run/it 0 > /cut; echo over >> /cut; echo it is cut > /proc/1/fd/1; echo late | unix-client /run/it > /late' // prettier-ignore
    await fixture.engine.ramet(['exec', '-d', id, 'sh', '-c', script])
    const cut = async (): Promise<string> => (await fixture.engine.ramet(['exec', id, 'cat', '/cut'])).stdout
    await expect.poll(cut, { timeout: 60_000 }).toContain('hello')
    const { LogPath } = await fixture.engine.inspect(id)
    await fixture.engine.down()
    await expect.poll(() => readFile(LogPath, 'latin1'), { timeout: 60_000 }).toContain('it is cut')
    await fixture.engine.up()
    const both = async (): Promise<string> => {
      const { stdout, stderr } = await fixture.engine.ramet(['exec', id, 'cat', '/late', '/cut'])
      return stdout + stderr
    }
    await expect.poll(both, { timeout: 60_000 }).toBe('late\nhello\nover\n')
    const { stdout } = await fixture.engine.ramet(['exec', id, 'unix-client', '/run/it', '20'])
    expect(stdout).toBe('0 of 20 failed\n')
  })

  test('what was not bound cannot be reached', async () => {
    const { status, body } = await fixture.engine.call('POST', '/containers/create', {
      Image: fixture.image,
      HostConfig: { Binds: [`${join(fixture.engine.home, 'run/vm')}:/run/it`] },
    })
    expect(status).toBe(403)
    expect(body).toContain('it belongs to Ramet')
  })
})
