import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { qemuProcesses, type TestEngine } from '../support/engine.ts'
import { until, useEngine } from '../support/fixture.ts'

/** The flags of `run`, by what the process in the container finds of them. */
let engine: TestEngine
let image: string
useEngine((fixture) => ({ engine, image } = fixture))

const shell = (script: string): string[] => [image, 'sh', '-c', script]

test('variables of a file and of the line, labels, entrypoint, host name, tmpfs and root', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ramet-env-'))
  await writeFile(join(folder, 'vars'), '# of the file\nFROM_FILE=with = and spaces\nBOTH=file\n')
  const flags = [
    ...['--name', 'flagged', '--env-file', join(folder, 'vars'), '-e', 'BOTH=line', '--label', 'tier=web'],
    ...[
      '--entrypoint',
      '/bin/sh',
      '--hostname',
      'flagged-host',
      '--read-only',
      '--tmpfs',
      '/scratch:size=1m',
    ],
  ]
  const script = [
    'echo "$FROM_FILE|$BOTH|$(hostname)"',
    'touch /file 2>/dev/null || echo read-only',
    'head -c 2097152 /dev/zero > /scratch/file 2>/dev/null || echo full at $(stat -c %s /scratch/file)',
  ].join('; ')
  const run = await engine.ramet(['run', ...flags, image, '-c', script])
  expect(run).toEqual({
    code: 0,
    stdout: 'with = and spaces|line|flagged-host\nread-only\nfull at 1048576\n',
    stderr: '',
  })
  const rows = await engine.ramet(['ps', '-a', '--filter', 'label=tier=web', '-q'])
  expect(rows.stdout.trim().split('\n')).toHaveLength(1)
  await engine.ramet(['rm', 'flagged'])
  await rm(folder, { recursive: true })
})

test('logs: the last lines, since a time, with their times, and followed to the end', async () => {
  const script = 'echo one; echo two >&2; sleep 3; echo three'
  await engine.ramet(['run', '-d', '--name', 'talker', ...shell(script)])
  const followed = await engine.ramet(['logs', '-f', 'talker'])
  expect(followed).toEqual({ code: 0, stdout: 'one\nthree\n', stderr: 'two\n' })
  expect((await engine.ramet(['wait', 'talker'])).stdout).toBe('0\n')
  expect(await engine.ramet(['logs', '--tail', '1', 'talker'])).toMatchObject({
    stdout: 'three\n',
    stderr: '',
  })
  const stamped = (await engine.ramet(['logs', '-t', 'talker'])).stdout.trim().split('\n')
  const [first, last] = stamped.map((line) => line.split(' '))
  expect([first![1], last![1]]).toEqual(['one', 'three'])
  expect(Date.parse(last![0]!) - Date.parse(first![0]!)).toBeGreaterThanOrEqual(2_000)
  const since = new Date(Date.parse(last![0]!) - 1_000).toISOString()
  expect(await engine.ramet(['logs', '--since', since, 'talker'])).toMatchObject({
    stdout: 'three\n',
    stderr: '',
  })
  await engine.ramet(['rm', 'talker'])
})

describe('starts', () => {
  test('wait for no other: one whose VM stands still holds up nobody', async () => {
    expect((await engine.ramet(['run', '--rm', image, 'true'])).code).toBe(0)
    const script = 'until test -e /go; do usleep 50000; done; echo done'
    let met = false
    for (let tries = 0; tries < 20 && !met; tries++) {
      const stuck = engine.ramet(['run', '--name', 'stuck', ...shell(script)])
      let pid = 0
      await until('its VM is there', async () => {
        pid = parseInt((await qemuProcesses(engine.home))[0] ?? '0')
        return pid > 0
      })
      process.kill(pid, 'SIGSTOP')
      expect(await engine.ramet(['run', '--rm', ...shell('echo free')])).toMatchObject({ stdout: 'free\n' })
      // Else it was stopped too late: its start was over.
      met = (await engine.inspect('stuck')).State.Status === 'created'
      process.kill(pid, 'SIGCONT')
      await until('it runs', async () => (await engine.ramet(['exec', 'stuck', 'touch', '/go'])).code === 0)
      expect(await stuck).toMatchObject({ code: 0, stdout: 'done\n' })
      await engine.ramet(['rm', 'stuck'])
    }
    expect(met).toBe(true)
  })
})
