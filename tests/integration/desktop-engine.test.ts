import { execFile, spawn } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ContainerSummary } from '../../contract/docker.ts'
import type { QuickLaunch, QuickLaunchRun } from '../../contract/ramet.ts'
import { EngineConnection } from '../../electron/main/engine/connection.ts'
import { startEngine } from '../../electron/main/engine/process.ts'
import { EngineSupervisor } from '../../electron/main/engine/supervisor.ts'
import { fakeElectron } from '../../electron/testing/fake-electron.ts'
import { qemuProcesses } from '../support/engine.ts'
import { until } from '../support/fixture.ts'
import { busyboxImage } from '../support/images.ts'

/**
 * The engine as the desktop application has it: bundled, started and looked after by the application's own parts, with
 * real VMs. Only the utility process is Node's instead of Electron's; the engine takes it for Electron.
 */
const root = join(import.meta.dirname, '../..')
const AS_ELECTRON = 'data:text/javascript,Object.defineProperty(process.versions,"electron",{value:"45.0.0"})'

let home: string
let engine: EngineConnection
let supervisor: EngineSupervisor
let pid = 0
const events: string[] = []

const electron = fakeElectron({
  utilityProcess: {
    fork(entry: string, args: string[], { env }: { env: NodeJS.ProcessEnv }) {
      const child = spawn(join(root, 'build/node'), ['--import', AS_ELECTRON, entry, ...args], {
        env,
        stdio: 'pipe',
      })
      pid = child.pid!
      child.once('exit', (code) => utility.emit('exit', code ?? 1))
      const { stdout, stderr } = child
      const utility = Object.assign(new EventEmitter(), { pid, stdout, stderr, kill: () => child.kill() })
      return utility
    },
  },
})

beforeAll(async () => {
  await promisify(execFile)(join(root, 'build/node'), [join(root, 'build/bundle.ts')])
  home = await mkdtemp('/tmp/ramet-')
  engine = new EngineConnection(`${home}/run/docker.sock`)
  const kit = join(root, 'native/guest/out/kit')
  supervisor = new EngineSupervisor({
    engine,
    start: () =>
      startEngine(electron, {
        entry: join(root, 'out/engine/main.js'),
        logFile: join(home, 'state/engine.log'),
        env: { ...process.env, RAMET_HOME: home, RAMET_KIT: kit },
      }),
    onState: () => {},
    onEvent: (event) => void events.push(event === 'connected' ? event : `${event.Type} ${event.Action}`),
  })
  supervisor.start()
  expect(await supervisor.startAgain()).toMatchObject({ phase: 'running', own: true })
})

afterAll(async () => {
  for (const { Id } of await engine.get<ContainerSummary[]>('/containers/json?all=1').catch(() => []))
    await engine.request({ method: 'DELETE', path: `/containers/${Id}?force=1` })
  await supervisor.stop()
  expect(await qemuProcesses(home)).toEqual([])
  await rm(home, { recursive: true, force: true })
})

const running = () => engine.get<ContainerSummary[]>('/containers/json')

test('what is bundled asks for nothing but Node and Electron', async () => {
  const imports = async (file: string): Promise<string[]> => {
    const text = await readFile(join(root, 'out', file), 'utf8')
    const found = text.matchAll(/^(?:import .* from |let \w+ = require\()"([^"]+)"/gm)
    return [...new Set(Array.from(found, ([, name]) => name!))].filter((name) => !name.startsWith('node:'))
  }
  // A sandboxed preload can load nothing else.
  expect(await readdir(join(root, 'out/preload'))).toEqual(['preload.cjs'])
  expect(await imports('preload/preload.cjs')).toEqual(['electron'])
  expect(await imports('main/main.js')).toEqual(['electron'])
  expect((await imports('engine/main.js')).filter((name) => !name.startsWith('./'))).toEqual([])
})

test('an image is loaded through a stream, and converted in a thread of the bundled engine', async () => {
  const { archive, tag } = await busyboxImage()
  const stream = engine.open({ method: 'POST', path: '/images/load', upload: true })
  for await (const part of createReadStream(archive)) await stream.write(part as Buffer)
  await stream.end()
  let told = ''
  for (let data = await stream.read(); data; data = await stream.read()) told += Buffer.from(data).toString()
  expect(told).toContain(`Loaded image: ${tag}`)
})

test('a quick launch runs with one call, and its container outlives the engine that the application restarts', async () => {
  const { tag } = await busyboxImage()
  const config = { Image: tag, Cmd: ['sh', '-c', 'echo from a launch; sleep 1000'] }
  const body = { config, name: 'launched', title: 'A launch', pinned: true }
  const saved = JSON.parse((await engine.request({ method: 'POST', path: '/ramet/v1/launches', body })).text) as QuickLaunch // prettier-ignore
  const path = `/ramet/v1/launches/${saved.id}/run`
  const run = JSON.parse((await engine.request({ method: 'POST', path })).text) as QuickLaunchRun
  expect(run.name).toBe('launched')
  await until('its events', async () => ['container start', 'daemon launches'].every((each) => events.includes(each))) // prettier-ignore
  const logs = `/containers/${run.id}/logs?stdout=1`
  await until('it has printed', async () => (await engine.request({ method: 'GET', path: logs })).text.includes('from a launch')) // prettier-ignore

  process.kill(pid, 'SIGKILL')
  const killed = pid
  await until('another engine serves', async () => pid !== killed && supervisor.state.phase === 'running')
  expect((await running()).map(({ Id }) => Id)).toEqual([run.id])
  expect(events.filter((each) => each === 'connected')).toHaveLength(2)
  expect(await engine.get<QuickLaunch[]>('/ramet/v1/launches')).toMatchObject([{ title: 'A launch' }])

  const shell = `/containers/${run.id}/exec`
  const exec = { Cmd: ['cat'], AttachStdin: true, AttachStdout: true, Tty: true }
  const { Id } = JSON.parse((await engine.request({ method: 'POST', path: shell, body: exec })).text) as {
    Id: string
  }
  const session = engine.open({
    method: 'POST',
    path: `/exec/${Id}/start`,
    body: { Tty: true },
    hijack: true,
  })
  await session.write(Buffer.from('typed\n'))
  let echoed = ''
  while (!echoed.includes('typed')) echoed += Buffer.from((await session.read())!).toString()
  session.close()
})
