import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const MAIN = join(import.meta.dirname, '../main.ts')
const DOCKER = spawnSync('sh', ['-c', 'command -v docker'], { encoding: 'utf8' }).stdout.trim()
const META = 'contexts/meta/e8662242585293da5d60854bfb05e24677f00419e9bd9aef7845f83b6aa7ad86/meta.json'
let home: string

beforeEach(async () => (home = await mkdtemp(join(tmpdir(), 'ramet-context-'))))
afterEach(() => rm(home, { recursive: true, force: true }))

const at = (path: string): string => join(home, path)
const socket = (): string => at('run/docker.sock')
const environment = (PATH: string): NodeJS.ProcessEnv => ({
  PATH,
  HOME: home,
  RAMET_HOME: home,
  DOCKER_CONFIG: at('docker'),
  XDG_RUNTIME_DIR: at('xdg'),
})

function ramet(path: string, ...args: string[]): Promise<{ code: number; out: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [MAIN, 'context', ...args],
      { env: environment(path) },
      (error, out, complaint) => resolve({ code: error ? Number(error.code) : 0, out: out + complaint }),
    )
  })
}

async function config(value?: object): Promise<Record<string, unknown>> {
  await mkdir(at('docker'), { recursive: true })
  if (value) await writeFile(at('docker/config.json'), JSON.stringify(value))
  return JSON.parse(await readFile(at('docker/config.json'), 'utf8')) as Record<string, unknown>
}

const WAYS = [['in files', '/nowhere'], ...(DOCKER ? [['by docker', dirname(DOCKER)]] : [])] as [
  string,
  string,
][]

test.each(WAYS)('the context comes, becomes current when asked to, and goes again (%s)', async (_, path) => {
  await config({ auths: { 'r.example': {} }, credsStore: 'mine' })
  expect(await ramet(path, 'install')).toMatchObject({
    code: 0,
    out: expect.stringContaining('stays the current') as string,
  })
  expect(JSON.parse(await readFile(at(`docker/${META}`), 'utf8'))).toMatchObject({
    Name: 'ramet',
    Endpoints: { docker: { Host: `unix://${socket()}` } },
  })
  expect((await config())['currentContext']).toBeUndefined()
  expect(await ramet(path, 'install', '--use')).toMatchObject({ code: 0 })
  expect(await config()).toMatchObject({ currentContext: 'ramet', credsStore: 'mine' })
  expect(await ramet(path, 'remove')).toMatchObject({ code: 0 })
  const after = await config()
  expect(after['currentContext']).toBeUndefined()
  expect(after).toMatchObject({ auths: { 'r.example': {} }, credsStore: 'mine' })
  expect(existsSync(at(`docker/${META}`))).toBe(false)
})

test.runIf(DOCKER)('docker reads what was written without it', async () => {
  await ramet('/nowhere', 'install', '--yes')
  const options = { env: environment(dirname(DOCKER)), encoding: 'utf8' as const }
  const lines = execFileSync(
    DOCKER,
    ['context', 'ls', '--format', '{{.Name}} {{.Current}} {{.DockerEndpoint}}'],
    options,
  )
  expect(lines.trim().split('\n')).toContain(`ramet true unix://${socket()}`)
  const format = '{{.Endpoints.docker.Host}}'
  expect(execFileSync(DOCKER, ['context', 'inspect', 'ramet', '--format', format], options).trim()).toBe(
    `unix://${socket()}`,
  )
})

test.runIf(DOCKER)('removing goes back to the context of before', async () => {
  const options = { env: environment(dirname(DOCKER)) }
  execFileSync(DOCKER, ['context', 'create', 'other', '--docker', 'host=unix:///other'], options)
  execFileSync(DOCKER, ['context', 'use', 'other'], { ...options, stdio: 'ignore' })
  await ramet(options.env.PATH!, 'install', '--use')
  expect((await config())['currentContext']).toBe('ramet')
  await ramet(options.env.PATH!, 'remove')
  expect((await config())['currentContext']).toBe('other')
})

test('a context of this name that somebody else made stays as it is', async () => {
  const theirs = '{"Name":"ramet","Metadata":{},"Endpoints":{"docker":{"Host":"tcp://x"}}}'
  await mkdir(dirname(at(`docker/${META}`)), { recursive: true })
  await writeFile(at(`docker/${META}`), theirs)
  for (const verb of ['install', 'remove']) {
    expect(await ramet('/nowhere', verb)).toMatchObject({
      code: 1,
      out: expect.stringContaining('did not make') as string,
    })
  }
  expect(await readFile(at(`docker/${META}`), 'utf8')).toBe(theirs)
})

test('the link is made and removed, and nothing of others is replaced', async () => {
  await mkdir(at('xdg'))
  expect(await ramet('/nowhere', 'install', '--link')).toMatchObject({ code: 0 })
  expect(await readlink(at('xdg/docker.sock'))).toBe(socket())
  expect(await ramet('/nowhere', 'install', '--link')).toMatchObject({ code: 0 })
  expect(await ramet('/nowhere', 'remove')).toMatchObject({ code: 0 })
  expect(existsSync(at('xdg/docker.sock'))).toBe(false)

  await symlink('/run/podman.sock', at('xdg/docker.sock'))
  expect(await ramet('/nowhere', 'install', '--link')).toMatchObject({ code: 1 })
  expect(await ramet('/nowhere', 'remove')).toMatchObject({ code: 0 })
  expect(await readlink(at('xdg/docker.sock'))).toBe('/run/podman.sock')
})
