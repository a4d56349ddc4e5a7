import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { ContainerSummary } from '../../../contract/docker.ts'
import { command, type CliResult, type TestEngine } from '../../support/engine.ts'
import { dockerEnvironment, until, useEngine } from '../../support/fixture.ts'

/** Debian's docker-compose: that of Debian 12 talks to the API by Docker's library for Python. */
const version = await command('docker-compose', ['version', '--short']).then(
  ({ stdout }) => stdout.trim(),
  () => undefined,
)
if (!version) console.warn('SKIPPED: no docker-compose here, so it did not judge the API')

let engine: TestEngine
let folder: string
useEngine((fixture) => ({ engine } = fixture))

/** `db` becomes healthy after a while, and `web` starts only then. */
const PROJECT = `
services:
  db:
    image: busybox
    network_mode: bridge
    command: sh -c 'echo db up; sleep 1; touch /well; exec sleep 1000'
    healthcheck: { test: test -e /well, interval: 300ms, timeout: 10s, retries: 100 }
  web:
    image: busybox
    network_mode: bridge
    command: sh -c 'echo web up; mkdir /www; echo $$GREETING > /www/index.html; exec httpd -f -p 80 -h /www'
    environment: { GREETING: hello }
    labels: { tier: front }
    ports: ['127.0.0.1::80']
    stop_grace_period: 1s
    depends_on: { db: { condition: service_healthy } }
`

const compose = (...args: string[]): Promise<CliResult> =>
  command('docker-compose', ['--project-directory', folder, '-f', join(folder, 'compose.yml'), ...args], {
    env: dockerEnvironment(engine),
  })

async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await compose(...args)
  if (code !== 0) throw new Error(`docker-compose ${args.join(' ')}: ${code}: ${stdout}${stderr}`)
  return stdout
}

async function containers(): Promise<ContainerSummary[]> {
  return JSON.parse((await engine.get('/containers/json?all=1')).body) as ContainerSummary[]
}

async function project(text: string): Promise<void> {
  await writeFile(join(folder, 'compose.yml'), text)
}

beforeAll(async () => {
  folder = join(engine.home, 'shop')
  await mkdir(folder)
})

describe.skipIf(!version)(`docker-compose (${version})`, () => {
  test('up waits for health; ps, logs, exec, port, restart, down', async () => {
    await project(PROJECT)
    await ok('up', '-d')
    const rows = await containers()
    const named = (service: string) =>
      rows.find(({ Labels }) => Labels['com.docker.compose.service'] === service)!
    expect(rows).toHaveLength(2)
    expect(named('db')).toMatchObject({
      State: 'running',
      Names: [expect.stringMatching(/^\/shop[-_]db[-_]1$/)],
    })
    expect(named('web').Labels).toMatchObject({ tier: 'front', 'com.docker.compose.project': 'shop' })
    // It was created only once the other was healthy.
    const [db, web] = [await engine.inspect(named('db').Id), await engine.inspect(named('web').Id)]
    expect(db.State.Health?.Status).toBe('healthy')
    expect(Date.parse(web.State.StartedAt)).toBeGreaterThan(Date.parse(db.State.StartedAt) + 1000)

    expect(await ok('ps')).toMatch(
      /shop[-_]db[-_]1 .*Up \(healthy\)[^]*shop[-_]web[-_]1 .*Up .*127\.0\.0\.1:\d+->80\/tcp/,
    )
    expect((await ok('ps', '-q', 'web')).trim()).toBe(named('web').Id)
    const address = (await ok('port', 'web', '80')).trim()
    expect(await (await fetch(`http://${address}/`)).text()).toBe('hello\n')
    const logs = await ok('logs', '--no-color')
    expect(logs).toMatch(/db[-_]1 +\| db up/)
    expect(logs).toMatch(/web[-_]1 +\| web up/)
    expect(await compose('exec', '-T', 'web', 'sh', '-c', 'echo $GREETING; exit 3')).toMatchObject({
      code: 3,
      stdout: 'hello\n',
    })
    // Nothing has changed: nothing is made anew.
    await ok('up', '-d')
    expect((await containers()).map(({ Id }) => Id).sort()).toEqual(rows.map(({ Id }) => Id).sort())
    await ok('restart', '-t', '1', 'web')
    await ok('stop', '-t', '1')
    expect((await containers()).map(({ State }) => State)).toEqual(['exited', 'exited'])
    await ok('start', 'db')
    await ok('down', '-t', '1')
    expect(await containers()).toEqual([])
  })

  test('what has changed is made anew; one that is gone from the file is removed', async () => {
    const service = (greeting: string): string =>
      `services:\n  one:\n    image: busybox\n    network_mode: bridge\n    command: sleep 1000\n    init: true\n    environment: { GREETING: ${greeting} }\n`
    const two =
      '  two:\n    image: busybox\n    network_mode: bridge\n    command: sleep 1000\n    init: true\n'
    await project(service('a') + two)
    await ok('up', '-d')
    await project(service('b'))
    await ok('up', '-d', '--remove-orphans')
    const rows = await containers()
    expect(rows.map(({ Names }) => Names)).toEqual([[expect.stringMatching(/one/)]])
    expect((await engine.inspect(rows[0]!.Id)).Config.Env).toContain('GREETING=b')
    await ok('down', '-t', '1')
  })

  test('up in the foreground shows the output and ends with the exit code of a service', async () => {
    const job = `services:\n  job:\n    image: busybox\n    network_mode: bridge\n    command: sh -c 'echo working; sleep 1; exit 5'\n`
    await project(job)
    const up = await compose('--no-ansi', 'up', '--no-color', '--exit-code-from', 'job')
    expect(up.code).toBe(5)
    expect(up.stdout).toMatch(/job[-_]1 +\| working[^]*exited with code 5/)
    await ok('down')
  })

  test('ctrl-c stops what up started', async () => {
    await project(`services:\n  long:\n    image: busybox\n    network_mode: bridge\n    command: sh -c 'trap "exit 0" TERM; echo begun; while :; do sleep 0.1; done'\n`) // prettier-ignore
    const args = ['--project-directory', folder, '-f', join(folder, 'compose.yml'), 'up', '--no-color']
    const up = spawn('docker-compose', args, {
      env: dockerEnvironment(engine),
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let shown = ''
    up.stdout.on('data', (data: Buffer) => (shown += data.toString()))
    await until('its output', async () => shown.includes('begun'))
    up.kill('SIGINT')
    await once(up, 'close')
    expect((await containers()).map(({ State }) => State)).toEqual(['exited'])
    await ok('rm', '-f')
    expect(await containers()).toEqual([])
  })
})
