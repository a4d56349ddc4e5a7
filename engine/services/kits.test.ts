import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openKit } from './kit.ts'
import { pruneKits, tendKits } from './kits.ts'

const DAY_MS = 24 * 60 * 60_000
let folder: string

beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'ramet-kits-'))))
afterEach(() => rm(folder, { recursive: true, force: true }))

async function kit(name: string, daysAgo: number, id = `id-${name}`): Promise<void> {
  const file = join(folder, name, 'kit.json')
  await mkdir(join(folder, name))
  await writeFile(join(folder, name, 'vmlinuz'), 'kernel')
  await writeFile(file, JSON.stringify({ id, kernel: '6.1', cmdline: '' }))
  await used(file, daysAgo)
}

async function used(path: string, daysAgo: number): Promise<void> {
  const time = new Date(Date.now() - daysAgo * DAY_MS)
  await utimes(path, time, time)
}

test('a kit that no template needs goes once no engine has used it for a month', async () => {
  await kit('old', 31)
  await kit('recent', 29)
  await kit('needed', 400)
  expect(await pruneKits(folder, ['id-needed'], Date.now())).toEqual(['old'])
  expect((await readdir(folder)).sort()).toEqual(['needed', 'recent'])
})

test('what a killed build left goes too, that of one under way stays', async () => {
  for (const [name, days] of [
    ['.building.a', 31],
    ['.building.b', 0],
  ] as const) {
    // prettier-ignore
    await mkdir(join(folder, name))
    await used(join(folder, name), days)
  }
  expect(await pruneKits(folder, [], Date.now())).toEqual(['.building.a'])
  expect(await readdir(folder)).toEqual(['.building.b'])
})

test('where there is no cache there is nothing to remove', async () => {
  expect(await pruneKits(join(folder, 'none'), [], Date.now())).toEqual([])
})

test("an engine's own kit counts as used from then on, and what it removes it tells of", async () => {
  await kit('own', 400)
  await kit('other', 400)
  const said: string[] = []
  const own = await openKit(join(folder, 'own'))
  await tendKits({ folder, own, ofTemplates: async () => [], log: (message) => said.push(message) })
  expect(await readdir(folder)).toEqual(['own'])
  expect(said).toEqual(['removed the guest kit other, which nothing used any more'])
  expect(Date.now() - (await stat(join(folder, 'own/kit.json'))).mtimeMs).toBeLessThan(DAY_MS)
})
