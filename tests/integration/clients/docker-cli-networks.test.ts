import { beforeAll, describe, expect, test } from 'vitest'
import type { CliResult, TestEngine } from '../../support/engine.ts'
import { dockerVersion, runDocker, until, useEngine } from '../../support/fixture.ts'

/** Docker's command line builds what a compose file would: three containers, two networks, a volume. */
const version = await dockerVersion()
if (!version) console.warn('SKIPPED: no docker command here, so none made networks and volumes')

describe.skipIf(!version)(`docker's networks and volumes (${version})`, () => {
  let engine: TestEngine
  useEngine((fixture) => ({ engine } = fixture))

  const docker = (...args: string[]): Promise<CliResult> => runDocker(engine, args)

  async function ok(...args: string[]): Promise<string> {
    const result = await docker(...args)
    expect(result, `docker ${args.join(' ')}`).toMatchObject({ code: 0 })
    return result.stdout
  }

  const runDb = (): Promise<string> => {
    const script = 'mkdir -p /store; exec nc -ll -p 5000 -e cat /store/it'
    const placed = ['--network', 'back', '--network-alias', 'store', '-v', 'data:/store']
    return ok('run', '-d', '--name', 'db', '--init', ...placed, 'busybox', 'sh', '-c', script)
  }

  /** A container that has just been started may not listen yet. */
  const untilKept = (from: string, host: string, port: string): Promise<void> =>
    until(`the data of ${host}`, async () => {
      const { code, stdout } = await docker('exec', from, 'nc', '-w', '9', host, port)
      return code === 0 && stdout === 'kept\n'
    })

  beforeAll(async () => {
    await ok('network', 'create', '--label', 'tier=front', 'front')
    await ok('network', 'create', '--internal', '--subnet', '10.77.0.0/24', 'back')
    await ok('volume', 'create', '--label', 'kind=data', 'data')
    await runDb()
    await ok('exec', 'db', 'sh', '-c', 'echo kept > /store/it')
    const serve = 'exec nc -ll -p 9000 -e nc -w 5 store 5000'
    await ok('create', '--name', 'api', '--init', '--network', 'back', '--ip', '10.77.0.9', 'busybox', 'sh', '-c', serve) // prettier-ignore
    await ok('network', 'connect', '--alias', 'backend', 'front', 'api')
    await ok('start', 'api')
    const page = 'mkdir /www; echo page > /www/index.html; exec httpd -f -p 80 -h /www'
    await ok('run', '-d', '--name', 'web', '--network', 'front', '-p', '127.0.0.1::80', 'busybox', 'sh', '-c', page) // prettier-ignore
  })

  test('each reaches what it shares a network with, by name, alias and link', async () => {
    const address = (await ok('port', 'web', '80')).trim()
    await until(
      'the page',
      async () => (await fetch(`http://${address}/`).catch(() => undefined))?.ok === true,
    )
    await untilKept('web', 'backend', '9000')
    expect(await ok('exec', 'api', 'wget', '-qO-', 'http://web/')).toBe('page\n')
    const linked = ['run', '--rm', '--network', 'front', '--link', 'web:site', '--link', 'api', 'busybox']
    expect(await ok(...linked, 'wget', '-qO-', 'http://site/')).toBe('page\n')
    expect((await docker('exec', 'api', 'nslookup', 'site')).stdout).not.toMatch(/Name:/)
    expect((await docker('exec', 'db', 'nslookup', 'web')).stdout).not.toMatch(/Name:/)
    expect(await ok('exec', 'db', 'ip', 'route')).not.toContain('default')
    const refused = await docker('run', '--rm', '--link', 'web', 'busybox', 'true')
    expect(refused).toMatchObject({ code: 125 })
    expect(refused.stderr).toMatch(/Links is not supported in the network bridge/)
  })

  test('they are listed, inspected and filtered', async () => {
    expect(await ok('network', 'ls', '-q', '--no-trunc', '--filter', 'label=tier=front')).toBe(
      await ok('network', 'inspect', '-f', '{{.Id}}', 'front'),
    )
    expect(await ok('network', 'inspect', '-f', '{{range .Containers}}{{.Name}} {{end}}', 'back')).toMatch(
      /^(api db|db api) $/m,
    )
    const addresses = '{{range $name, $it := .NetworkSettings.Networks}}{{$name}}={{$it.IPAddress}} {{end}}'
    expect(await ok('inspect', '-f', addresses, 'api')).toMatch(/back=10\.77\.0\.9 front=172\.\d+\.0\.\d+/)
    expect(await ok('ps', '--format', '{{.Names}}', '--filter', 'network=back')).toBe('api\ndb\n')
    expect(await ok('volume', 'ls', '-q', '--filter', 'label=kind=data')).toBe('data\n')
    expect(await ok('ps', '--format', '{{.Names}}', '--filter', 'volume=data')).toBe('db\n')
    expect((await docker('volume', 'rm', 'data')).stderr).toMatch(/in use/)
    expect((await docker('network', 'rm', 'back')).stderr).toMatch(/active endpoints/)
  })

  test('one that leaves a network is not found there; data outlives who wrote it', async () => {
    await ok('network', 'disconnect', 'front', 'api')
    expect((await docker('exec', 'web', 'nslookup', 'backend')).stdout).not.toMatch(/Name:/)
    await ok('rm', '-f', 'db')
    await runDb()
    await untilKept('api', 'store', '5000')
    await ok('rm', '-f', 'db', 'api', 'web')
    expect(await ok('network', 'prune', '-f')).toMatch(/^(back\nfront|front\nback)$/m)
    expect(await ok('volume', 'rm', 'data')).toBe('data\n')
  })
})
