import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { DesktopSettings } from '../../contract/ipc.ts'
import type { QuickLaunch } from '../../contract/ramet.ts'
import { autostartEntry, desktopEntry } from './desktop-entry.ts'
import { execOf, keepAutostart, keepDesktopEntry } from './modules/desktop-files.ts'

let folder: string
beforeEach(async () => void (folder = await mkdtemp('/tmp/ramet-desktop-')))
afterEach(() => rm(folder, { recursive: true }))

const launch = (id: string, title: string, pinned = true) => ({ id, title, pinned }) as QuickLaunch

test('the entry has the pinned launches, what the tray has, and the links', async () => {
  const entry = desktopEntry({
    exec: ['/opt/Ramet/ramet'],
    launches: [launch('0a', 'My web'), launch('0b', 'db')],
  })
  expect(entry).toContain('\nExec=/opt/Ramet/ramet %u\n')
  expect(entry).toContain('\nMimeType=x-scheme-handler/ramet;\n')
  expect(entry).toContain('\nActions=launch-0a;launch-0b;run;stop-all;quit;\n')
  expect(entry).toContain(
    '\n[Desktop Action launch-0a]\nName=Run My web\nExec=/opt/Ramet/ramet --launch=0a\n',
  )
  expect(entry).toContain(
    '\n[Desktop Action stop-all]\nName=Stop all containers…\nExec=/opt/Ramet/ramet --stop-all\n',
  )
})

test('titles and paths of others begin no line, key or command', () => {
  const hostile = 'x\nExec=rm -rf ~\n[Desktop Action stop-all]\\n%f'
  const entry = desktopEntry({ exec: ['/home/a b/"$(x)`/ramet', '/100%'], launches: [launch('0a', hostile)] })
  expect(entry.match(/^Exec=/gm)).toHaveLength(5)
  expect(entry).toContain('\nName=Run x Exec=rm -rf ~ [Desktop Action stop-all]\\\\n%f\n')
  expect(entry).toContain('\nExec="/home/a b/\\\\"\\\\$(x)\\\\`/ramet" /100%% %u\n')
})

test('the specification’s own checker finds no fault, where it is installed', async ({ skip }) => {
  const file = `${folder}/ramet.desktop`
  for (const entry of [
    desktopEntry({ exec: ['/opt/Ramet/ramet'], launches: [launch('0a', 'My web')] }),
    autostartEntry(['/a b/ramet']),
  ]) {
    await writeFile(file, entry)
    const found = await promisify(execFile)('desktop-file-validate', [file]).catch(
      (error: NodeJS.ErrnoException) => error,
    )
    if ('code' in found && found.code === 'ENOENT')
      skip('desktop-file-validate is not installed: the entries were not checked by it')
    expect(found).toMatchObject({ stdout: '' })
  }
})

test('the login entry comes and goes with the setting, and the own entry is written where something changed', async () => {
  const env = { XDG_CONFIG_HOME: `${folder}/config`, XDG_DATA_HOME: `${folder}/data` }
  const settings = (startAtLogin: boolean) => ({ startAtLogin }) as DesktopSettings
  await keepAutostart(settings(false), ['/ramet'], env)
  await keepAutostart(settings(true), ['/ramet'], env)
  const file = `${folder}/config/autostart/org.ramet.Ramet.desktop`
  expect(await readFile(file, 'utf8')).toContain('Exec=/ramet --hidden\n')
  await keepAutostart(settings(false), ['/ramet'], env)
  await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' })
  await keepDesktopEntry([launch('0a', 'web'), launch('0b', 'recent', false)], ['/ramet'], env)
  const entry = await readFile(`${folder}/data/applications/org.ramet.Ramet.desktop`, 'utf8')
  expect(entry).toContain('launch-0a')
  expect(entry).not.toContain('launch-0b')
})

test('the application is started again as what it was started as', () => {
  const parts = {
    env: {},
    execPath: '/opt/Ramet/ramet',
    packaged: true,
    appPath: '/opt/Ramet/resources/app.asar',
  }
  expect(execOf(parts)).toEqual(['/opt/Ramet/ramet'])
  expect(execOf({ ...parts, env: { APPIMAGE: '/home/me/Ramet.AppImage' } })).toEqual([
    '/home/me/Ramet.AppImage',
  ])
  expect(execOf({ ...parts, execPath: '/e', packaged: false, appPath: '/src' })).toEqual(['/e', '/src'])
})
