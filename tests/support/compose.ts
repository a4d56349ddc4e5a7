import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { ContainerSummary } from '../../contract/docker.ts'
import type { TemplateSummary } from '../../contract/ramet.ts'
import { command, type CliResult, type TestEngine } from './engine.ts'
import { dockerEnvironment, until } from './fixture.ts'

/** `web` reaches `api` on one network, `api` reaches `db` on another, which leads nowhere else. */
const SHOP = `
services:
  web:
    image: busybox
    command: sh -c 'echo web up; mkdir -p /www; echo $$GREETING > /www/index.html; exec httpd -f -p 80 -h /www'
    env_file: [web.env]
    labels: { tier: front }
    networks: [front]
    ports: ['127.0.0.1::80']
    stop_grace_period: 1s
    depends_on: [api]
  api:
    image: busybox
    init: true
    command: sh -c 'echo api up; exec nc -ll -p 9000 -e echo from api'
    networks: { front: {}, back: { aliases: [backend] } }
    stop_grace_period: 1s
    depends_on: { db: { condition: service_healthy } }
  db:
    image: busybox
    init: true
    command: sh -c 'echo db up; sleep 1; touch /well; exec sleep 1000'
    networks: [back]
    volumes: ['store:/store']
    stop_grace_period: 1s
    healthcheck: { test: test -e /well, interval: 300ms, timeout: 10s, retries: 100 }
networks: { front: {}, back: { internal: true, labels: { tier: back } } }
volumes: { store: {} }
`

/** A project in a folder of its own, as one docker-compose sees it. */
export class ComposeProject {
  readonly #engine: TestEngine
  readonly #folder: string
  readonly #program: [string, ...string[]]

  /** `program`: `docker-compose`, or `docker compose`. */
  constructor(engine: TestEngine, program: [string, ...string[]]) {
    this.#engine = engine
    this.#program = program
    this.#folder = join(engine.home, 'shop')
  }

  get env(): NodeJS.ProcessEnv {
    return dockerEnvironment(this.#engine)
  }

  /** What runs `compose ARGS` on the project. */
  words(...args: string[]): [string, ...string[]] {
    const file = join(this.#folder, 'compose.yml')
    return [...this.#program, '--project-directory', this.#folder, '-f', file, ...args]
  }

  async write(text: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true })
    await writeFile(join(this.#folder, 'compose.yml'), text)
    await writeFile(join(this.#folder, 'web.env'), 'GREETING=hello\n')
  }

  run(...args: string[]): Promise<CliResult> {
    const [file, ...rest] = this.words(...args)
    return command(file, rest, { env: this.env })
  }

  /** Its standard output; rejects where it fails. */
  async ok(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...args)
    if (code !== 0) throw new Error(`${args.join(' ')}: ${code}: ${stdout}${stderr}`)
    return stdout
  }

  async containers(): Promise<ContainerSummary[]> {
    return JSON.parse((await this.#engine.get('/containers/json?all=1')).body) as ContainerSummary[]
  }

  async named(service: string): Promise<ContainerSummary> {
    const rows = await this.containers()
    return rows.find(({ Labels }) => Labels['com.docker.compose.service'] === service)!
  }
}

/** The shop is put up, used, taken down, and put up again with its data. */
export async function judgeShop(engine: TestEngine, shop: ComposeProject): Promise<void> {
  await shop.write(SHOP)
  await shop.ok('up', '-d')
  const rows = await shop.containers()
  expect(rows.map(({ State }) => State)).toEqual(['running', 'running', 'running'])
  const ids = { web: (await shop.named('web')).Id, api: (await shop.named('api')).Id, db: (await shop.named('db')).Id } // prettier-ignore
  expect((await shop.named('web')).Labels).toMatchObject({
    tier: 'front',
    'com.docker.compose.project': 'shop',
  })
  // It was started only once the other was healthy.
  const [db, api] = [await engine.inspect(ids.db), await engine.inspect(ids.api)]
  expect(db.State.Health?.Status).toBe('healthy')
  expect(Date.parse(api.State.StartedAt)).toBeGreaterThan(Date.parse(db.State.StartedAt) + 1000)

  expect(await shop.ok('ps')).toMatch(
    /shop[-_]db[-_]1 .*Up.*\(healthy\)[^]*shop[-_]web[-_]1 .*127\.0\.0\.1:\d+->80\/tcp/,
  )
  expect((await shop.ok('ps', '-q', 'web')).trim()).toBe(ids.web)
  const address = (await shop.ok('port', 'web', '80')).trim()
  const page = async (): Promise<string> => (await fetch(`http://${address}/`)).text()
  await until('the page', async () => (await page().catch(() => undefined)) === 'hello\n')
  const lines = ['web', 'api', 'db'].map((service) => new RegExp(`${service}[-_]1 +\\| ${service} up`))
  await until('a line of each', async () => {
    const logs = await shop.ok('logs', '--no-color')
    return lines.every((line) => line.test(logs))
  })
  expect(await shop.run('exec', '-T', 'web', 'sh', '-c', 'echo $GREETING; exit 3')).toMatchObject({
    code: 3,
    stdout: 'hello\n',
  })

  // Names and aliases, whoever was started first, within a network and not beyond.
  const inside = (service: string, ...argv: string[]) => shop.run('exec', '-T', service, ...argv)
  expect((await inside('api', 'wget', '-qO-', 'http://web/')).stdout).toBe('hello\n')
  await until(
    'the api',
    async () => (await inside('web', 'nc', '-w', '5', 'api', '9000')).stdout === 'from api\n',
  )
  expect((await inside('db', 'nc', '-w', '5', 'backend', '9000')).stdout).toBe('from api\n')
  expect((await inside('db', 'nslookup', 'web')).stdout).not.toMatch(/Name:/)
  expect((await inside('db', 'ip', 'route')).stdout).not.toContain('default')
  // One more of a service, with both of its networks, beside those that run.
  expect(await shop.ok('run', '--rm', '-T', 'api', 'wget', '-qO-', 'http://web/')).toBe('hello\n')
  await shop.ok('exec', '-T', 'db', 'sh', '-c', 'echo kept > /store/it')

  // Nothing has changed: nothing is made anew.
  await shop.ok('up', '-d')
  expect((await shop.containers()).map(({ Id }) => Id).sort()).toEqual(rows.map(({ Id }) => Id).sort())
  await shop.ok('restart', '-t', '1', 'web')
  await shop.ok('stop', '-t', '1')
  expect((await shop.containers()).map(({ State }) => State)).toEqual(['exited', 'exited', 'exited'])
  await shop.ok('down', '-t', '1')
  expect(await shop.containers()).toEqual([])
  expect((await engine.get('/networks')).body).not.toContain('shop_')

  await shop.ok('up', '-d', 'db')
  expect(await shop.ok('exec', '-T', 'db', 'cat', '/store/it')).toBe('kept\n')
  await shop.ok('down', '-t', '1', '--volumes')
  expect((await engine.get('/volumes')).body).not.toContain('shop_store')
}

/** What has changed is made anew, and one that is gone from the file is removed. */
export async function judgeChange(engine: TestEngine, shop: ComposeProject): Promise<void> {
  const service = (name: string, greeting = '') =>
    `  ${name}:\n    image: busybox\n    command: sleep 1000\n    init: true\n    environment: { GREETING: '${greeting}' }\n`
  await shop.write(`services:\n${service('one', 'a')}${service('two')}`)
  await shop.ok('up', '-d')
  await shop.write(`services:\n${service('one', 'b')}`)
  await shop.ok('up', '-d', '--remove-orphans')
  const rows = await shop.containers()
  expect(rows.map(({ Names }) => Names)).toEqual([[expect.stringMatching(/one/)]])
  expect((await engine.inspect(rows[0]!.Id)).Config.Env).toContain('GREETING=b')
  await shop.ok('down', '-t', '1')
}

/** In the foreground: its output, and the exit code of a service. */
export async function judgeForeground(shop: ComposeProject): Promise<void> {
  await shop.write(
    `services:\n  job:\n    image: busybox\n    command: sh -c 'echo working; sleep 1; exit 5'\n`,
  )
  const up = await shop.run('up', '--no-color', '--exit-code-from', 'job')
  expect(up.code).toBe(5)
  expect(up.stdout).toMatch(/job[-_]1 +\| working[^]*exited with code 5/)
  await shop.ok('down')
}

/** What is healthy is kept warm: put up again after it was taken down, a service goes on in its memory. */
export async function judgeWarm(engine: TestEngine, shop: ComposeProject): Promise<void> {
  await shop.write(`
services:
  counter:
    image: busybox
    command: sh -c 'me=$$(cat /proc/sys/kernel/random/uuid); i=0; while :; do i=$$((i+1)); echo $$me $$i | tee /at; usleep 50000; done'
    labels: { ramet.warm: healthy }
    ports: ['127.0.0.1::80']
    networks: [front]
    volumes: ['store:/store']
    healthcheck: { test: test -s /at, interval: 300ms, timeout: 10s, retries: 100 }
networks: { front: {} }
volumes: { store: {} }
`)
  const told = async (): Promise<string[][]> => {
    const { Id } = await shop.named('counter')
    const { StartedAt } = (await engine.inspect(Id)).State
    const { stdout } = await engine.ramet(['logs', '--since', StartedAt, Id])
    return stdout.trim().split('\n').map((line) => line.split(' ')) // prettier-ignore
  }
  const kinds = async (): Promise<(string | undefined)[]> =>
    (JSON.parse((await engine.ramet(['templates', '--json'])).stdout) as TemplateSummary[]).map(({ kind }) => kind) // prettier-ignore
  await shop.ok('up', '-d')
  await until('it is frozen', async () => (await kinds()).includes('healthy'))
  await until('it counts', async () => (await told()).length > 3)
  const [[first] = []] = await told()
  await shop.ok('down', '-t', '1')
  await shop.ok('up', '-d')
  await until('it counts on', async () => (await told()).length > 3)
  const [[who, at] = []] = await told()
  expect(who).toBe(first)
  expect(Number(at)).toBeGreaterThan(1)
  await until('it is healthy', async () => (await shop.named('counter')).Status.includes('(healthy)'))
  await shop.ok('down', '-t', '1', '--volumes')
  expect(await engine.ramet(['templates', 'prune'])).toMatchObject({ code: 0 })
  expect(await kinds()).not.toContain('healthy')
}
