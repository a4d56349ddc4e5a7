import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DESKTOP_ID, desktopEntry } from '../electron/main/desktop-entry.ts'
import afterPack from './after-pack.js'

const root = join(import.meta.dirname, '..')
let folder: string
beforeEach(async () => void (folder = await mkdtemp('/tmp/ramet-package-')))
afterEach(() => rm(folder, { recursive: true }))

/** What stands before the fuses in Electron's program. */
const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'
const [OFF, ON] = ['0', '1'].map((each) => each.charCodeAt(0))

/** Stands in for Electron's program, which is not fetched for this: its fuses as they are delivered, one too many. */
async function program(): Promise<void> {
  const wire = Buffer.concat([Buffer.from([1, 9]), Buffer.from('101100011')])
  await writeFile(
    join(folder, 'ramet'),
    Buffer.concat([Buffer.from('\x7fELF…'), Buffer.from(SENTINEL), wire]),
  )
}

test('the packaged program runs this application alone', async () => {
  await program()
  await afterPack({ appOutDir: folder, packager: { executableName: 'ramet' } })
  expect(await getCurrentFuseWire(join(folder, 'ramet'))).toMatchObject({
    [FuseV1Options.RunAsNode]: OFF,
    [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: OFF,
    [FuseV1Options.EnableNodeCliInspectArguments]: OFF,
    [FuseV1Options.OnlyLoadAppFromAsar]: ON,
    [FuseV1Options.GrantFileProtocolExtraPrivileges]: OFF,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: OFF,
  })
})

test('nothing starts it without its sandbox', async () => {
  const files = ['electron-builder.yml', 'build/start.sh', 'build/package.sh', 'package.json']
  for (const file of files) expect(await readFile(join(root, file), 'utf8')).not.toMatch(/no-sandbox/)
  const entry = desktopEntry({ exec: ['ramet'], launches: [] })
  expect(entry).not.toMatch(/no-sandbox/)
})

test('the package’s entry offers what the own one does', async () => {
  const config = await readFile(join(root, 'electron-builder.yml'), 'utf8')
  const { desktopName } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    desktopName: string
  }
  expect(desktopName).toBe(`${DESKTOP_ID}.desktop`)
  const entry = desktopEntry({ exec: ['ramet'], launches: [] })
  const actions = [...entry.matchAll(/\[Desktop Action (.*)\]\nName=(.*)\nExec=(.*)/g)]
  expect(actions).toHaveLength(3)
  for (const [, key, name, exec] of actions) {
    expect(config).toContain(`${key}: { Name: ${name}, Exec: ${exec} }`)
  }
})
