import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ContainerContext } from './context.ts'
import { sweepFiles } from './files.ts'
import { vmName } from './record.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ramet-files-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('of an engine that is gone only the sockets stay that its VMs still have', async () => {
  const context = {
    diskDir: join(folder, 'disks'),
    logDir: join(folder, 'logs'),
    socketDir: join(folder, 'vm'),
  }
  await mkdir(context.socketDir)
  const [there, gone] = ['0123456789ab', 'ba9876543210']
  const kinds = ['agent', 'guard', 'guard.state', 'monitor', 'restore']
  const names = [there, gone].flatMap((short) => kinds.map((kind) => `${short}.${kind}`))
  for (const name of [...names, 'standby-01234567.monitor'])
    await writeFile(join(context.socketDir, name), '')

  await sweepFiles(context as ContainerContext, new Set([vmName(there!)]))

  const kept = [
    ...['agent', 'guard', 'guard.state'].map((kind) => `${there}.${kind}`),
    'standby-01234567.monitor',
  ]
  expect((await readdir(context.socketDir)).toSorted()).toEqual(kept.toSorted())
})
