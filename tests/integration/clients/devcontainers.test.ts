import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { command, type CliResult, type TestEngine } from '../../support/engine.ts'
import { dockerEnvironment, dockerVersion, useEngine } from '../../support/fixture.ts'

/** The Dev Containers CLI, which editors open folders in containers with; it works through docker's command line. */
const version = await dockerVersion()
if (!version) console.warn('SKIPPED: no docker command here, and the Dev Containers CLI needs it')

const script = join(import.meta.dirname, '../../../node_modules/@devcontainers/cli/devcontainer.js')

describe.skipIf(!version)('the Dev Containers CLI', () => {
  let engine: TestEngine
  let folder: string
  useEngine((fixture) => ({ engine } = fixture))

  const devcontainer = (verb: string, ...args: string[]): Promise<CliResult> =>
    command(process.execPath, [script, verb, '--workspace-folder', folder, ...args], {
      env: { ...dockerEnvironment(engine), HOME: engine.home },
    })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'devcontainer-'))
    await mkdir(join(folder, '.devcontainer'))
    await writeFile(join(folder, 'source'), 'of the folder\n')
    const config = {
      image: 'busybox',
      containerEnv: { FROM_CONFIG: 'yes' },
      remoteEnv: { REMOTE: 'set' },
      postCreateCommand: 'echo created > /made',
      postStartCommand: 'echo started >> /made',
    }
    await writeFile(join(folder, '.devcontainer/devcontainer.json'), JSON.stringify(config))
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function up(): Promise<string> {
    const { code, stdout, stderr } = await devcontainer('up')
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
    const result = JSON.parse(stdout) as { outcome: string; containerId: string }
    expect(result.outcome).toBe('success')
    return result.containerId
  }

  test('up makes the container and runs its commands; exec runs in it; up again finds it', async () => {
    const id = await up()
    expect((await engine.inspect(id)).State.Status).toBe('running')
    const inside = await devcontainer(
      'exec',
      'sh',
      '-c',
      'cat /made source; echo back > back; echo $FROM_CONFIG $REMOTE; exit 7',
    )
    expect(inside.code).toBe(7)
    expect(inside.stdout).toBe('created\nstarted\nof the folder\nyes set\n')
    expect(await readFile(join(folder, 'back'), 'utf8')).toBe('back\n')
    expect(await up()).toBe(id)

    // A stopped one is started again.
    expect(await engine.ramet(['stop', '-t', '1', id])).toMatchObject({ code: 0 })
    expect(await up()).toBe(id)
    expect((await devcontainer('exec', 'cat', '/made')).stdout).toBe('created\nstarted\nstarted\n')
  })

  test('read-configuration and a container made anew', async () => {
    const first = await up()
    const read = await devcontainer('read-configuration')
    expect(JSON.parse(read.stdout)).toMatchObject({ configuration: { image: 'busybox' } })
    const { code, stdout } = await devcontainer('up', '--remove-existing-container')
    expect(code).toBe(0)
    const { containerId } = JSON.parse(stdout) as { containerId: string }
    expect(containerId).not.toBe(first)
    expect((await engine.get(`/containers/${first}/json`)).status).toBe(404)
  })
})
