import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ContainerHistory } from '../../contract/ramet.ts'
import { qemuProcesses, TestEngine } from '../support/engine.ts'
import { until } from '../support/fixture.ts'
import { busyboxImage } from '../support/images.ts'
import { HOSTILE, inShell, MARKUP, SHOWN } from './support/hostile.ts'
import { TestWindow, type Theme } from './support/window.ts'

/**
 * Every page, over containers whose names, labels, output and files would do harm as markup or on a terminal.
 * With RAMET_SCREENSHOTS set its pictures go to docs/screenshots.
 */
const PORT = 18_474

let engine: TestEngine
let window: TestWindow
let id = ''

const SCRIPT = `
mkdir -p /srv/site; cd /srv/site; touch '${inShell(HOSTILE)}'; echo '<h1>hello</h1>' > index.html
echo '{"level": 1}' > settings.json
printf '\\033]0;owned\\007\\033[2J\\033[31mred\\033[0m title and screen are left alone\\n'
echo '${inShell(MARKUP)}'
i=0; while [ $i -lt 40 ]; do echo "INFO request $i served in $((i % 7)) ms, see https://docs.example/help"; i=$((i+1)); done
echo 'WARN the cache is nearly full'; echo 'ERROR cannot reach the database: connection refused' >&2
httpd -f -p 80 -h /srv/site`

/** The tab is gone before the next frame, with which the scrolling is told. */
const SCROLL_AND_LEAVE = `{
  document.querySelector('[role=log]').scrollTop = 10
  document.querySelector('[role=tab]').dispatchEvent(new MouseEvent('mousedown', { bubbles: true }))
}`

beforeAll(async () => {
  engine = await TestEngine.start()
  const { archive, tag } = await busyboxImage()
  const ok = async (args: string[]): Promise<string> => {
    const result = await engine.ramet(args, { timeoutMs: 300_000 })
    expect(result, args.join(' ')).toMatchObject({ code: 0 })
    return result.stdout.trim()
  }
  await ok(['load', '-i', archive])
  const hostile = ['-l', `note=${HOSTILE}`, '-l', 'com.docker.compose.project=shop', '-e', `TITLE=${HOSTILE}`]
  id = await ok(['run', '-d', '--name', 'web', '-p', `${PORT}:80`, ...hostile, tag, 'sh', '-c', SCRIPT])
  await ok([
    'run',
    '-d',
    '--name',
    'worker',
    '-l',
    `com.docker.compose.project=${MARKUP}`,
    tag,
    'sleep',
    '9999',
  ])
  await ok(['create', '--name', 'later', tag, 'echo', HOSTILE])
  await engine.call('POST', '/volumes/create', { Name: 'data', Labels: { note: HOSTILE } })
  await engine.call('POST', '/networks/create', { Name: 'backend', Labels: { note: HOSTILE } })
  const api = ['-l', 'com.docker.compose.project=shop', '--network', 'backend']
  const touch = `touch '/data/${inShell(HOSTILE)}'; echo hello > /data/notes.txt; sleep 9999`
  await ok(['run', '-d', '--name', 'api', '-v', 'data:/data', ...api, tag, 'sh', '-c', touch])
  await ok(['run', '-d', '--name', 'cache', ...api, tag, 'sleep', '9999'])
  await engine.call('POST', '/ramet/v1/launches', { title: HOSTILE, pinned: true, config: { Image: tag } })
  await ok(['run', '--rm', '-v', 'spare:/spare', tag, 'sh', '-c', 'echo inside > /spare/notes.txt'])
  // A page reads a folder once: what it is to show has been written by then.
  await until('the site is served', () => held().then(() => true, () => false)) // prettier-ignore
  const notes = ['exec', 'api', 'cat', '/data/notes.txt']
  await until('the notes are written', async () => (await engine.ramet(notes)).stdout === 'hello\n')
  window = await TestWindow.open(engine)
})

afterAll(async () => {
  await window?.[Symbol.asyncDispose]()
  await engine?.[Symbol.asyncDispose]()
  expect(await qemuProcesses(engine.home)).toEqual([])
})

/** What the site has for its settings. */
const held = async (): Promise<string> => (await fetch(`http://127.0.0.1:${PORT}/settings.json`)).text()

/** Each with what is seen once it is complete. */
const PAGES: [name: string, path: () => string, seen: string | RegExp][] = [
  ['memory', () => '/memory', 'Memory map'],
  ['containers', () => '/containers', 'worker'],
  ['container-overview', () => `/containers/${id}`, 'Own memory'],
  ['container-logs', () => `/containers/${id}/logs`, 'title and screen are left alone'],
  ['container-terminal', () => `/containers/${id}/terminal`, '/ #'],
  ['container-files', () => `/containers/${id}/files`, 'etc'],
  ['container-stats', () => `/containers/${id}/stats`, 'Memory in the machine'],
  [
    'container-boot',
    () => `/containers/${id}/boot`,
    /While its template was booted|The machine said nothing/,
  ],
  ['templates', () => '/templates', 'busybox'],
  ['volume', () => '/volumes/data', 'notes.txt'],
  ['networks', () => '/networks', 'What goes through now'],
]

describe.each<Theme>(['light', 'dark'])('in the %s', (theme) => {
  test.each(PAGES)('%s: nothing serious by axe, nothing hostile runs', async (name, path, seen) => {
    const { page } = window
    await page.emulateMedia({ colorScheme: theme })
    await window.go(path())
    await page.locator('main').getByText(seen).first().waitFor({ timeout: 120_000 })
    expect(await window.axe()).toEqual([])
    expect(await window.harm()).toEqual([])
    await window.picture(`${name}-${theme}`)
  })
})

test('what is hostile is read as it stands', async () => {
  const { page } = window
  await window.go(`/containers/${id}/logs`)
  await page.getByRole('log').getByText(inShell(MARKUP)).waitFor()
  await page.getByRole('log').getByText('red title and screen are left alone').waitFor()
  expect(await page.title()).toBe('Containers · Ramet')
  await window.go(`/containers/${id}/settings`)
  await page.getByRole('button', { name: 'Show values' }).click()
  await page.getByText(SHOWN).first().waitFor()
  expect(await window.harm()).toEqual([])
  await window.go(`/containers/${id}/files`)
  await page.getByRole('textbox', { name: 'Folder' }).fill('/srv/site')
  await page.getByRole('textbox', { name: 'Folder' }).press('Enter')
  await page.getByText(inShell(SHOWN)).waitFor()
  expect(await window.harm()).toEqual([])
  await window.go('/volumes/data')
  await page
    .getByRole('row')
    .filter({ hasText: inShell(SHOWN) })
    .waitFor()
  expect(await window.harm()).toEqual([])
})

test('the logs are left as they move', async () => {
  const { page } = window
  for (let time = 0; time < 5; time++) {
    await window.go(`/containers/${id}/logs`)
    await page.getByRole('log').getByText('cannot reach the database').waitFor()
    await page.evaluate(SCROLL_AND_LEAVE)
    await page.locator('main').getByText('Own memory').waitFor()
  }
  expect(await window.harm()).toEqual([])
})

test('a volume that no container has is browsed and edited, through a machine that is lent', async () => {
  const { page } = window
  await window.go('/volumes')
  await page.getByRole('row').filter({ hasText: 'spare' }).click()
  const file = page.getByRole('row').filter({ hasText: 'notes.txt' })
  await file.waitFor({ timeout: 120_000 })
  await file.click()
  await page.locator('.cm-content').getByText('inside').waitFor()
  await page.locator('.cm-content').click()
  await page.keyboard.press('Control+a')
  await page.keyboard.type('edited')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved', { exact: true }).first().waitFor()
  await page.reload()
  await file.waitFor({ timeout: 120_000 })
  expect(await window.harm()).toEqual([])
  await window.go('/volumes')
  const names = async (): Promise<string> => (await engine.get('/containers/json?all=true')).body
  await until('what was lent is gone', async () => !(await names()).includes('files-of-spare'))
  const { stdout } = await engine.ramet(['run', '--rm', '-v', 'spare:/spare', 'busybox', 'cat', '/spare/notes.txt']) // prettier-ignore
  expect(stdout.trim()).toBe('edited')
})

test('what is typed into a file is not lost by going elsewhere', async () => {
  const { page } = window
  await window.go('/volumes/data')
  await page.getByRole('row').filter({ hasText: 'notes.txt' }).click()
  await page.locator('.cm-content').getByText('hello').click()
  await page.keyboard.press('Control+a')
  await page.keyboard.type('mine')
  await page.getByText('Changed', { exact: true }).waitFor()
  const question = page.getByRole('alertdialog')
  const elsewhere = page.getByRole('navigation').getByRole('link', { name: 'Images' })
  await elsewhere.click()
  await question.getByText('Leave without saving?').waitFor()
  await window.pictures('dialog-unsaved')
  await question.getByRole('button', { name: 'Cancel' }).click()
  await question.waitFor({ state: 'detached' })
  await page.locator('.cm-content').getByText('mine').waitFor()
  expect(new URL(page.url()).hash).toBe('#/volumes/data')
  // The browser asks itself before the page goes.
  const stays = `!dispatchEvent(new Event('beforeunload', { cancelable: true }))`
  expect(await page.evaluate(stays)).toBe(true)
  await elsewhere.click()
  await question.getByRole('button', { name: 'Leave' }).click()
  await page.getByRole('heading', { name: 'Images' }).waitFor()
  expect(await page.evaluate(stays)).toBe(false)
})

test('what is looked at is what was asked for last', async () => {
  const { page } = window
  const folder = page.getByRole('textbox', { name: 'Folder' })
  await window.go('/volumes/data')
  await page.getByRole('row').filter({ hasText: 'notes.txt' }).waitFor()
  expect(await folder.inputValue()).toBe('/data')
  await window.go('/volumes/spare')
  await page.getByRole('row').filter({ hasText: 'notes.txt' }).waitFor({ timeout: 120_000 })
  expect(await folder.inputValue()).toBe('/volume')
  await window.go(`/containers/${id}/files`)
  await folder.fill('/srv/site')
  await folder.press('Enter')
  const asked = Promise.withResolvers<undefined>()
  const late = Promise.withResolvers<undefined>()
  const came = Promise.withResolvers<undefined>()
  await page.routeWebSocket(/stream/, (socket) => {
    const engine = socket.connectToServer()
    socket.onMessage((message) => {
      engine.send(message)
      if (!message.includes('index.html')) return
      asked.resolve(undefined)
      engine.onMessage((answer) => void late.promise.then(() => socket.send(answer)))
      engine.onClose((code, reason) =>
        late.promise
          .then(() => socket.close({ code, reason }))
          .then(() => came.resolve(undefined), came.reject),
      )
    })
  })
  await page.getByRole('row').filter({ hasText: 'index.html' }).click()
  await asked.promise
  await page.getByRole('row').filter({ hasText: 'settings.json' }).click()
  await page.locator('.cm-content').getByText('level').waitFor()
  late.resolve(undefined)
  await came.promise
  await window.quiet()
  await page.locator('.cm-content').getByText('level').waitFor()
  await page.getByRole('button', { name: 'Close', exact: true }).click()
  await folder.waitFor()
})

test('a file of the same name is replaced only when that is meant', async () => {
  const { page } = window
  await window.go(`/containers/${id}/files`)
  await page.getByRole('textbox', { name: 'Folder' }).fill('/srv/site')
  await page.getByRole('textbox', { name: 'Folder' }).press('Enter')
  await page.getByRole('row').filter({ hasText: 'settings.json' }).waitFor()
  const upload = (text: string): Promise<void> =>
    page
      .locator('input[type=file]')
      .setInputFiles({ name: 'settings.json', mimeType: 'application/json', buffer: Buffer.from(text) })
  const before = await held()
  await upload('{}')
  const question = page.getByRole('alertdialog')
  await question.getByText('settings.json').waitFor()
  await question.getByRole('button', { name: 'Cancel' }).click()
  await question.waitFor({ state: 'detached' })
  expect(await held()).toBe(before)
  await upload('{"level": 2}')
  await question.getByRole('button', { name: 'Replace' }).click()
  await until('it is replaced', async () => (await held()) === '{"level": 2}')
})

test('statistics rest while nobody sees them, and the last hour is asked for anew when somebody does', async () => {
  const { page } = window
  await window.go(`/containers/${id}/stats`)
  await page.getByRole('img', { name: /^Own memory, The last hour/ }).waitFor()
  await page.getByRole('img', { name: /^Network, The last hour/ }).waitFor()
  await page.getByRole('img', { name: /^CPU, Now/ }).waitFor()
  const { asked } = window
  const measured = async (): Promise<number> => {
    const { body } = await engine.get(`/ramet/v1/containers/${id}/history`)
    return (JSON.parse(body) as ContainerHistory).samples.length
  }
  await window.hide(true)
  await window.quiet()
  asked.length = 0
  const before = await measured()
  await until('the engine measures meanwhile', async () => (await measured()) > before)
  expect(asked).toEqual([])
  await window.hide(false)
  await until('the last hour is asked for', async () =>
    asked.some((path) => path.endsWith(`/ramet/v1/containers/${id}/history`)),
  )
  // Of events, and of what it takes now.
  await until('both streams begin anew', async () => asked.filter((each) => each === 'stream').length >= 2)
  await page.getByRole('img', { name: /^Own memory, The last hour/ }).waitFor()
})

test('the palette and the confirmation are accessible too', async () => {
  const { page } = window
  await window.go('/containers')
  await window.command()
  expect(await window.axe()).toEqual([])
  await window.pictures('palette')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page
    .getByRole('row')
    .filter({ hasText: 'later' })
    .getByRole('button', { name: 'More for later' })
    .click()
  await page.getByRole('menuitem', { name: 'Remove…' }).click()
  await page.getByRole('alertdialog').waitFor()
  expect(await window.axe()).toEqual([])
  await window.pictures('dialog-remove')
  await page.keyboard.press('Escape')
})
