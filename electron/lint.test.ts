import { join } from 'node:path'
import { ESLint } from 'eslint'
import { expect, test } from 'vitest'

/** The checks of the checker: each rule that the application's safety rests on finds what it is there for. */
const root = join(import.meta.dirname, '..')
const eslint = new ESLint({ cwd: root })

async function faults(file: string, text: string): Promise<string[]> {
  const [result] = await eslint.lintText(text, { filePath: join(root, file) })
  return result!.messages.map(({ ruleId }) => ruleId ?? 'parse error')
}

test.each([
  [
    'electron/main/modules/other.ts',
    "export const x = (e: { ipcMain: { on(c: string): void } }) => e.ipcMain.on('a')",
    'no-restricted-syntax',
  ],
  [
    'electron/main/modules/other.ts',
    "export const x = (e: Record<string, unknown>) => e['ipcMain']",
    'no-restricted-syntax',
  ],
  [
    'electron/main/main.ts',
    "import { ipcMain } from 'electron'\nexport const x = ipcMain",
    'no-restricted-syntax',
  ],
  [
    'electron/main/modules/other.ts',
    'export const x = ({ shell }: { shell: { openExternal(u: string): void } }) => shell',
    'no-restricted-syntax',
  ],
  [
    'electron/main/modules/other.ts',
    "export const x = (c: { executeJavaScript(t: string): void }) => c.executeJavaScript('1')",
    'no-restricted-syntax',
  ],
  [
    'electron/main/modules/other.ts',
    "import { app } from 'electron'\nexport const x = app",
    'no-restricted-imports',
  ],
  [
    'electron/main/modules/other.ts',
    "import { EventBus } from '../../../engine/services/events.ts'\nexport const x = EventBus",
    'boundaries/dependencies',
  ],
  [
    'electron/main/modules/other.ts',
    "import { EngineClient } from '../../../cli/api/client.ts'\nexport const x = EngineClient",
    'boundaries/dependencies',
  ],
  [
    'electron/preload/other.ts',
    "import { restWhenIdle } from '../../engine/rest.ts'\nexport const x = restWhenIdle",
    'boundaries/dependencies',
  ],
  [
    'engine/services/other.ts',
    "import { app } from 'electron'\nexport const x = app",
    'no-restricted-imports',
  ],
  [
    'engine/services/other.ts',
    "import { inert } from '../../electron/main/tray/text.ts'\nexport const x = inert",
    'boundaries/dependencies',
  ],
  ['cli/other.ts', "import { app } from 'electron'\nexport const x = app", 'no-restricted-imports'],
  [
    'renderer/src/other.ts',
    "import { ipcRenderer } from 'electron'\nexport const x = ipcRenderer",
    'no-restricted-imports',
  ],
  [
    'renderer/src/other.ts',
    'export const x = (e: { innerHTML: string }, t: string) => { e.innerHTML = t }',
    'no-restricted-syntax',
  ],
  [
    'renderer/src/other.ts',
    "export const x = (e: { insertAdjacentHTML(p: string, t: string): void }, t: string) => e.insertAdjacentHTML('afterend', t)",
    'no-restricted-syntax',
  ],
  [
    'renderer/src/features/Other.vue',
    '<script setup lang="ts">\ndefineProps<{ text: string }>()\n</script>\n\n<template>\n  <p v-html="text" />\n</template>',
    'vue/no-v-html',
  ],
])('in %s, %s is a fault', async (file, text, rule) => {
  expect(await faults(file, `${text}\n`)).toContain(rule)
})

test('the one place of each door may use it, and types are everybody’s', async () => {
  const answer =
    "export const x = ({ ipcMain }: { ipcMain: { handle(c: string): void } }) => ipcMain.handle('a')\n"
  expect(await faults('electron/main/ipc/answer.ts', answer)).toEqual([])
  const type = "import type { App } from 'electron'\nexport type X = App\n"
  expect(await faults('electron/main/modules/other.ts', type)).toEqual([])
})
