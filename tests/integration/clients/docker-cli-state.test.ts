import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import type { WaitResponse } from '../../../contract/docker.ts'
import { tar } from '../../../engine/images/tar/testing.ts'
import { command, type CliResult, type TestEngine } from '../../support/engine.ts'
import { dockerEnvironment, dockerVersion, runDocker, until, useEngine } from '../../support/fixture.ts'

/** What docker's command line says of what containers did, take, and become. */
const version = await dockerVersion()
if (!version) console.warn('SKIPPED: no docker command here, so it told of no history and no stats')

describe.skipIf(!version)(`docker on the state of containers (${version})`, () => {
  let engine: TestEngine
  useEngine((fixture) => ({ engine } = fixture))

  const docker = (...args: string[]): Promise<CliResult> => runDocker(engine, args)

  async function ok(...args: string[]): Promise<string> {
    const result = await docker(...args)
    expect(result, `docker ${args.join(' ')}`).toMatchObject({ code: 0 })
    return result.stdout
  }

  /** To the millisecond: of durations docker makes whole seconds. */
  const now = (): string => (Date.now() / 1000).toFixed(3)
  const lines = (text: string): string[] => text.split('\n').filter(Boolean)

  test('events of the past, within times and by filters', async () => {
    const past = async (...filters: string[]): Promise<string[]> => {
      const by = filters.flatMap((filter) => ['--filter', filter])
      return lines(await ok('events', '--since', '10m', '--until', now(), '--format', '{{.Type}} {{.Action}}', ...by)) // prettier-ignore
    }
    const ran = await docker('run', '--rm', '--name', 'told', '--label', 'tier=front', 'busybox', 'sh', '-c', 'exit 3') // prettier-ignore
    expect(ran).toMatchObject({ code: 3 })
    const life = ['create', 'attach', 'start', 'die', 'destroy'].map((action) => `container ${action}`)
    await until('the end', async () => (await past('container=told')).includes('container destroy'))
    const told = await past('container=told', 'type=container')
    expect(told.filter((each) => life.includes(each))).toEqual(life.filter((each) => told.includes(each)))
    expect(told).toEqual(expect.arrayContaining(life.filter((each) => !each.endsWith('attach'))))
    expect(await past('label=tier=front', 'event=die')).toEqual(['container die'])
    expect(await past('label=tier=back')).toEqual([])
    expect(await past('container=told', 'event=create', 'event=destroy')).toEqual([
      'container create',
      'container destroy',
    ])
    const code = '{{.Actor.Attributes.exitCode}} {{.Actor.Attributes.image}}'
    const died = ['events', '--since', '10m', '--until', now(), '--filter', 'event=die', '--format', code]
    expect(await ok(...died)).toBe('3 busybox\n')
    const [day, hour] = ['2001-01-01T00:00:00Z', '2001-01-01T01:00:00Z']
    expect(await ok('events', '--since', day, '--until', hour)).toBe('')
  })

  test('stats: once, in a format, of those that run and of all', async () => {
    await ok('run', '-d', '--name', 'busy', 'busybox', 'sh', '-c', 'while :; do :; done')
    await ok('create', '--name', 'idle', 'busybox')
    const format = '{{.Name}}|{{.CPUPerc}}|{{.MemUsage}}|{{.MemPerc}}|{{.NetIO}}|{{.BlockIO}}|{{.PIDs}}'
    const row = await ok('stats', '--no-stream', '--format', format, 'busy')
    expect(row).toMatch(
      /^busy\|[\d.]+%\|[\d.]+MiB \/ [\d.]+[MG]iB\|[\d.]+%\|[\d.]+k?B \/ [\d.]+k?B\|[\d.]+[kM]?B \/ [\d.]+[kM]?B\|\d+\n$/,
    )
    expect(parseFloat(row.split('|')[1]!)).toBeGreaterThan(1)
    expect(lines(await ok('stats', '--no-stream', '--format', '{{.Name}}'))).toEqual(['busy'])
    expect(lines(await ok('stats', '--no-stream', '-a', '--format', '{{.Name}}')).sort()).toEqual(['busy', 'idle']) // prettier-ignore
    expect(JSON.parse(await ok('stats', '--no-stream', '--format', 'json', 'busy'))).toMatchObject({
      Name: 'busy',
    })
    await ok('rm', '-f', 'busy', 'idle')
  })

  test('commit of one that goes on meanwhile', async () => {
    const script = 'echo mine > /etc/mine; while :; do date; sleep 0.05; done'
    await ok('run', '-d', '--name', 'writer', 'busybox', 'sh', '-c', script)
    await until(
      'its file',
      async () => (await docker('exec', 'writer', 'cat', '/etc/mine')).stdout === 'mine\n',
    )
    const change = ['-a', 'somebody', '-m', 'as it was', '-c', 'CMD ["cat", "/etc/mine"]', '-c', 'LABEL a=b']
    await ok('commit', '--pause=false', ...change, 'writer', 'copied:one')
    expect(await ok('run', '--rm', 'copied:one')).toBe('mine\n')
    const looks = '{{.Author}}|{{.Comment}}|{{index .Config.Labels "a"}}'
    expect(await ok('image', 'inspect', '-f', looks, 'copied:one')).toBe('somebody|as it was|b\n')
    await ok('rm', '-f', 'writer')
  })

  test('cp takes an archive from its input, compressed or not', async () => {
    const kinds = ['cat', 'gzip -c', 'xz -c', 'bzip2 -c', 'zstd -c']
    await ok('create', '--name', 'field', 'busybox', 'sh', '-c', 'stat -c "%n %a %s" /tmp/*/words')
    for (const [at, program] of kinds.entries()) {
      const entries = [{ path: `${at}`, type: 'directory' }, { path: `${at}/words`, data: 'words\n', mode: 0o640 }] as const // prettier-ignore
      const packed = await command('sh', ['-c', `${program} | base64`], { input: tar([...entries]) })
      const input = Buffer.from(packed.stdout, 'base64')
      const cp = await command('docker', ['cp', '-', 'field:/tmp'], { env: dockerEnvironment(engine), input })
      expect(cp, program).toMatchObject({ code: 0 })
    }
    expect(await ok('start', '-a', 'field')).toBe(kinds.map((_, at) => `/tmp/${at}/words 640 6\n`).join(''))
    await ok('rm', 'field')
  })

  test('wait: for the next end, for the removal, or not at all', async () => {
    /** Resolves once the engine has answered that it waits; `code` is told later. */
    const wait = async (condition: string): Promise<{ code: Promise<number> }> => {
      const path = `/containers/waited/wait?condition=${condition}`
      const asked = request({ socketPath: engine.socket, method: 'POST', path }).end()
      const [answer] = (await once(asked, 'response')) as [IncomingMessage]
      expect(answer.statusCode).toBe(200)
      return { code: text(answer).then((body) => (JSON.parse(body) as WaitResponse).StatusCode) }
    }
    await ok('create', '--name', 'waited', 'busybox', 'sh', '-c', 'exit $(cat /code 2>/dev/null || echo 4)')
    const told: string[] = []
    const removed = await wait('removed')
    void removed.code.then(() => told.push('removed'))
    for (const turn of ['first', 'second']) {
      // What has ended before is no next end, and no removal.
      const next = await wait('next-exit')
      void next.code.then(() => told.push(turn))
      expect(told).toEqual(turn === 'first' ? [] : ['first'])
      await ok('start', 'waited')
      expect(await next.code).toBe(4)
      expect(await (await wait('not-running')).code).toBe(4)
    }
    expect(told).toEqual(['first', 'second'])
    await ok('rm', 'waited')
    expect(await removed.code).toBe(4)
    expect((await engine.call('POST', '/containers/waited/wait')).status).toBe(404)
  })

  test('on-failure starts it again as often as it may, later each time', async () => {
    await ok('run', '-d', '--name', 'failing', '--restart', 'on-failure:3', 'busybox', 'sh', '-c', 'echo run; exit 7') // prettier-ignore
    const state = '{{.State.Status}} {{.State.ExitCode}} {{.RestartCount}}'
    await until('its end', async () => (await ok('inspect', '-f', state, 'failing')) === 'exited 7 3\n')
    expect(await ok('logs', 'failing')).toBe('run\n'.repeat(4))
    const told = ['events', '--since', '10m', '--until', now(), '--filter', 'container=failing']
    const times =
      lines(await ok(...told, '--filter', 'event=start', '--filter', 'event=die', '--format', '{{.TimeNano}}')) // prettier-ignore
        .map((time) => Number(BigInt(time) / 1_000_000n))
    expect(times).toHaveLength(8)
    const pauses = [1, 3, 5].map((died) => times[died + 1]! - times[died]!)
    for (const [turn, pause] of pauses.entries()) expect(pause).toBeGreaterThan(95 * 2 ** turn)
    await ok('rm', 'failing')
  })

  test('always starts it again, until it is stopped by hand', async () => {
    await ok(
      'run',
      '-d',
      '--name',
      'always',
      '--restart',
      'always',
      'busybox',
      'sh',
      '-c',
      'echo run; sleep 0.2',
    )
    await until('its third run', async () => lines(await ok('logs', 'always')).length >= 3)
    expect(Number(await ok('inspect', '-f', '{{.RestartCount}}', 'always'))).toBeGreaterThanOrEqual(2)
    await ok('stop', '-t', '1', 'always')
    const runs = await ok('logs', 'always')
    expect(await ok('inspect', '-f', '{{.State.Status}} {{.State.Restarting}}', 'always')).toBe(
      'exited false\n',
    )
    expect(await ok('logs', 'always')).toBe(runs)
    await ok('rm', 'always')
  })
})
