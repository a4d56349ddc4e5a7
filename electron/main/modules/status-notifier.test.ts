import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hasTray } from './status-notifier.ts'

let folder: string
beforeEach(async () => void (folder = await mkdtemp('/tmp/ramet-notifier-')))
afterEach(() => rm(folder, { recursive: true }))

const script = (name: string, lines: string) =>
  writeFile(`${folder}/${name}`, `#!/bin/sh\n${lines}\n`, { mode: 0o755 })

/** A program of this name, ahead of all others, that prints `text`. */
const program = (name: string, text: string) => script(name, `echo '${text}'`)

test.each([
  ['gdbus', '(true,)', true],
  ['gdbus', '(false,)', false],
  ['busctl', 'b true', true],
  ['dbus-send', 'method return\n   boolean true', true],
  ['dbus-send', 'method return\n   boolean false', false],
])('%s says %j', async (name, text, expected) => {
  await program(name, text)
  // Nothing else is found there, not even the shell's `env`.
  expect(await hasTray({ PATH: folder }, [0])).toBe(expected)
})

test('where nothing can be asked there is no tray, and a panel that comes late is waited for', async () => {
  expect(await hasTray({ PATH: folder }, [0])).toBe(false)
  const late = `if [ -e ${folder}/asked ]; then echo '(true,)'; else : > ${folder}/asked; echo '(false,)'; fi`
  await script('gdbus', late)
  expect(await hasTray({ PATH: folder }, [0, 20])).toBe(true)
})

test('on a real session bus without a panel there is no tray', async ({ skip }) => {
  const script = `import { hasTray } from '${import.meta.dirname}/status-notifier.ts'; console.log(await hasTray(process.env, [0]))`
  const args = ['--', process.execPath, '--input-type=module', '-e', script]
  const found = await promisify(execFile)('dbus-run-session', args).catch(
    (error: NodeJS.ErrnoException) => error,
  )
  if ('code' in found && found.code === 'ENOENT')
    skip('dbus-run-session is not installed: no real bus was asked')
  expect(found).toMatchObject({ stdout: 'false\n' })
})
