import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DEFAULT_SETTINGS, SettingsStore } from './settings.ts'
import { readWindowState, saveWindowState } from './window-state.ts'

let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp('/tmp/ramet-state-')
  file = `${folder}/state.json`
})
afterEach(() => rm(folder, { recursive: true }))

const screen = [{ x: 0, y: 0, width: 1920, height: 1080 }]
const bounds = { x: 100, y: 50, width: 1000, height: 700 }

test('the window comes back as it was', async () => {
  await saveWindowState(file, { bounds, maximized: true, fullScreen: false })
  expect(await readWindowState(file, screen)).toEqual({ bounds, maximized: true, fullScreen: false })
})

test('a window on a screen that is gone, or too small, comes back where it can be seen', async () => {
  await saveWindowState(file, {
    bounds: { ...bounds, x: 3000, width: 10 },
    maximized: false,
    fullScreen: false,
  })
  expect((await readWindowState(file, screen)).bounds).toEqual({ width: 800, height: 700 })
})

test.each(['', '{', '{}', 'null', '{"bounds":{"x":"1","y":2,"width":3,"height":4}}'])(
  'a saved state %j is no harm',
  async (text) => {
    await writeFile(file, text)
    expect((await readWindowState(file, screen)).bounds).toEqual({ width: 1280, height: 800 })
  },
)

test('settings are kept, told to those who follow, and begin with the defaults', async () => {
  const settings = await SettingsStore.open(file, () => {})
  const told: string[] = []
  settings.follow(({ theme }) => void told.push(theme))
  await settings.change({ theme: 'dark' })
  expect(told).toEqual(['system', 'dark'])
  expect((await SettingsStore.open(file, () => {})).get()).toEqual({ ...DEFAULT_SETTINGS, theme: 'dark' })
})

test.each(['{', '[]', '{"theme":"red"}', '{"other":1}'])('settings %j are put aside', async (text) => {
  await writeFile(file, text)
  const logged: string[] = []
  const settings = await SettingsStore.open(file, (message) => void logged.push(message))
  expect(settings.get()).toEqual(DEFAULT_SETTINGS)
  expect(await readFile(`${file}.unreadable`, 'utf8')).toBe(text)
  expect(logged).toHaveLength(1)
})
