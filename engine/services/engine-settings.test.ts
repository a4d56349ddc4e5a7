import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DEFAULTS, readSettings } from './settings.ts'
import { EngineSettingsService } from './engine-settings.ts'

let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ramet-settings-'))
  file = join(folder, 'settings.json')
})
afterEach(() => rm(folder, { recursive: true }))

test('settings are changed one by one, and count from the next start on', async () => {
  const env = { RAMET_ACCEL: 'tcg' }
  const settings = new EngineSettingsService({ file, running: await readSettings(file), env })
  expect(await settings.view()).toEqual({
    settings: DEFAULTS,
    file,
    overriddenBy: { accelerator: 'RAMET_ACCEL' },
    changed: false,
  })
  await Promise.all([
    settings.change({ warm: 'healthy' }),
    settings.change({ insecureRegistries: ['hub:5000'] }),
  ])
  expect(await settings.change({ libvirtUri: 'qemu:///session' })).toMatchObject({ changed: true })
  const now = {
    ...DEFAULTS,
    warm: 'healthy',
    insecureRegistries: ['hub:5000'],
    libvirtUri: 'qemu:///session',
  }
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(now)
  expect(await readSettings(file)).toEqual(now)
  expect(await settings.change(DEFAULTS)).toMatchObject({ changed: false })
})

test.each([
  [{ warm: 'hot' }, 'warm must be'],
  [{ accelerator: 'magic' }, 'accelerator must be'],
  [{ libvirtUri: 'nonsense' }, 'libvirtUri must be'],
  [{ insecureRegistries: 'hub' }, 'insecureRegistries must be'],
  [{ insecureRegistries: [5] }, 'insecureRegistries must be'],
  [{ colour: 'red' }, "'colour' is not a setting"],
  [{ limits: 3 }, 'limits must be an object'],
  [{ limits: { disk: 1 } }, "'limits.disk' is not a setting"],
  [{ limits: { memoryBytes: 1000 } }, 'limits.memoryBytes must be bytes, 6 MiB or more'],
  [{ limits: { cpus: 0.001 } }, 'limits.cpus must be from 0.01'],
  [{ limits: { cpus: 1e6 } }, 'limits.cpus must be from 0.01'],
  [{ keepFreeBytes: '1g' }, 'keepFreeBytes must be bytes, from 0 to less than the workstation has'],
  [{ keepFreeBytes: -1 }, 'keepFreeBytes must be bytes'],
  [{ keepFreeBytes: totalmem() }, 'keepFreeBytes must be bytes'],
  [{ standby: 3 }, 'standby must be an object'],
  [{ standby: { size: 1 } }, "'standby.size' is not a setting"],
  [{ standby: { count: -1 } }, 'standby.count must be a whole number, 0 or more'],
])('%j is refused, and nothing is written', async (changes, words) => {
  const settings = new EngineSettingsService({ file, running: await readSettings(file), env: {} })
  await expect(settings.change(changes)).rejects.toThrow(words)
  await expect(readFile(file)).rejects.toThrow('ENOENT')
})

test('of limits and of clones that wait those fields change that are given', async () => {
  const settings = new EngineSettingsService({ file, running: await readSettings(file), env: {} })
  await settings.change({
    limits: { memoryBytes: 2 ** 30, cpus: 0.5 },
    standby: { count: 7, memoryBytes: 5 },
  })
  await settings.change({ limits: { cpus: 0 }, standby: { memoryBytes: 9 } })
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
    limits: { memoryBytes: 2 ** 30, cpus: 0 },
    standby: { ...DEFAULTS.standby, count: 7, memoryBytes: 9 },
  })
})

test('what can count at once does, as it was given, but where the environment counts instead', async () => {
  const told: unknown[] = []
  const atOnce = {
    standby: (given: object) => told.push(given),
    keepFreeBytes: (bytes: number) => told.push(bytes),
  }
  const running = await readSettings(file)
  const settings = new EngineSettingsService({ file, running, env: {}, atOnce })
  expect(await settings.change({ standby: { count: 0 }, keepFreeBytes: 5 })).toMatchObject({
    settings: { standby: { ...DEFAULTS.standby, count: 0 }, keepFreeBytes: 5 },
    changed: false,
  })
  expect(told).toEqual([{ count: 0 }, 5])
  expect(await settings.change({ warm: 'healthy' })).toMatchObject({ changed: true })
  const env = { RAMET_STANDBY: 'off' }
  await new EngineSettingsService({ file, running, env, atOnce }).change({ standby: { count: 2 } })
  expect(told).toHaveLength(2)
})

test('a file that is not as it must be is named', async () => {
  await writeFile(file, '{"warm": 5}')
  await expect(readSettings(file)).rejects.toThrow(`cannot use ${file}: warm must be`)
  await writeFile(file, '[]')
  await expect(readSettings(file)).rejects.toThrow('it must hold one object')
})
