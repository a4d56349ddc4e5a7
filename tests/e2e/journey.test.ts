import { afterAll, beforeAll, expect, test } from 'vitest'
import { qemuProcesses, TestEngine } from '../support/engine.ts'
import { until } from '../support/fixture.ts'
import { busyboxImage } from '../support/images.ts'
import { TestRegistry } from '../support/registry.ts'
import { TestWindow } from './support/window.ts'

/** What a user does on the first day, in the real window, on a real engine, with real VMs. Each step stands on the last. */
let engine: TestEngine
let registry: TestRegistry
let window: TestWindow
let image: string

const PORT = 18_473

beforeAll(async () => {
  engine = await TestEngine.start()
  registry = await TestRegistry.start()
  image = await registry.push((await busyboxImage()).archive, 'busybox:first')
  window = await TestWindow.open(engine)
})

afterAll(async () => {
  await window?.[Symbol.asyncDispose]()
  await engine?.[Symbol.asyncDispose]()
  await registry?.[Symbol.asyncDispose]()
  expect(await qemuProcesses(engine.home)).toEqual([])
})

test('a first run teaches what to do', async () => {
  const { page } = window
  await page.getByText('Welcome to Ramet').waitFor()
  await page.getByRole('listitem').filter({ hasText: 'QEMU' }).first().waitFor()
  await page.getByRole('link', { name: 'Show me the memory' }).click()
  await page.getByText('Nothing takes memory yet').waitFor()
  await window.go('/containers')
  await page.getByText('No containers yet').waitFor()
})

test('an image is pulled, and its layers tell their progress', async () => {
  const { page } = window
  // Or it might be over before anybody has looked.
  const told = Promise.withResolvers<boolean>()
  registry.intercept = ({ url }) => (url!.includes('/blobs/') ? told.promise : false)
  await window.go('/images')
  await page.getByRole('button', { name: 'Pull', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Image').fill(image)
  await dialog.getByRole('button', { name: 'Pull' }).click()
  await page.getByText(`Pull ${image}`).waitFor()
  told.resolve(false)
  await page.getByRole('row').filter({ hasText: image }).waitFor({ timeout: 240_000 })
  await window.go('/activity')
  await page
    .locator('.task.done')
    .filter({ hasText: `Pull ${image}` })
    .waitFor({ timeout: 240_000 })
})

test('a container is run with a port, and answers there', async () => {
  const { page } = window
  await window.go('/run')
  await page.getByRole('button', { name: 'Paste a docker run line' }).click()
  const script = `mkdir -p /www; echo it works > /www/index.html; echo started; httpd -f -p 80 -h /www`
  await page
    .getByRole('dialog')
    .getByRole('textbox')
    .fill(`docker run -d --name web -p ${PORT}:80 -e GREETING=hello ${image} sh -c '${script}'`)
  await page.getByRole('button', { name: 'Fill the form' }).click()
  await expect.poll(() => page.getByLabel('Image').inputValue()).toBe(image)
  await page.getByText(`docker run -d --name web -p ${PORT}:80 -e GREETING=hello`).waitFor()
  await page.getByRole('button', { name: 'Save as quick launch' }).click()
  await page.getByRole('button', { name: 'Launch web' }).waitFor()
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByRole('heading', { name: 'web' }).waitFor({ timeout: 240_000 })
  await page
    .getByRole('link', { name: String(PORT) })
    .first()
    .waitFor()
  await until('the port answers', async () => {
    const answer = await fetch(`http://127.0.0.1:${PORT}/`).then((found) => found.text()).catch(() => '') // prettier-ignore
    return answer.trim() === 'it works'
  })
})

test('its logs are read and searched', async () => {
  const { page } = window
  await page.getByRole('tab', { name: 'Logs' }).click()
  await page.getByRole('log').getByText('started').waitFor()
  await page.getByRole('searchbox', { name: 'Search the logs' }).fill('start')
  await page.getByText('1 of 1').waitFor()
})

test('one types in a terminal, in two of them', async () => {
  const { page } = window
  await page.getByRole('tab', { name: 'Terminal' }).click()
  await page.locator('.xterm-screen').waitFor()
  await page.keyboard.type('echo $((6*7))-$GREETING\n')
  await page.locator('.xterm-rows').getByText('42-hello').waitFor()
  await page.getByRole('button', { name: 'New terminal' }).click()
  await page.getByRole('button', { name: 'Terminal 2', exact: true }).waitFor()
  await page.keyboard.type('stty size\n')
  await page
    .locator('.xterm-rows')
    .getByText(/^\d\d+ \d\d+\s*$/)
    .first()
    .waitFor()
  await page.getByRole('button', { name: 'Close terminal 2' }).click()
  await page.locator('.xterm-rows').getByText('42-hello').waitFor()
})

test('a terminal that is closed before its shell is there begins none', async () => {
  const { page, asked } = window
  const answered = Promise.withResolvers<undefined>()
  await page.route('**/api/containers/*/exec', async (route) => {
    await answered.promise
    await route.continue()
  })
  await page.getByRole('button', { name: 'New terminal' }).click()
  await page.getByRole('button', { name: 'Close terminal 2' }).click()
  asked.length = 0
  answered.resolve(undefined)
  await page.unrouteAll({ behavior: 'wait' })
  await window.quiet()
  expect(asked).not.toContain('stream')
})

test('a file is uploaded, and one is edited', async () => {
  const { page } = window
  await page.getByRole('tab', { name: 'Files' }).click()
  await page.getByRole('textbox', { name: 'Folder' }).fill('/www')
  await page.getByRole('textbox', { name: 'Folder' }).press('Enter')
  await page.getByRole('row').filter({ hasText: 'index.html' }).waitFor()
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'more.txt', mimeType: 'text/plain', buffer: Buffer.from('uploaded\n') })
  await page.getByRole('row').filter({ hasText: 'more.txt' }).waitFor()
  const read = async (file: string): Promise<string> =>
    (await fetch(`http://127.0.0.1:${PORT}/${file}`)).text()
  expect(await read('more.txt')).toBe('uploaded\n')

  await page.getByRole('row').filter({ hasText: 'index.html' }).click()
  await page.locator('.cm-content').click()
  await page.keyboard.press('Control+a')
  await page.keyboard.type('edited here')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved', { exact: true }).first().waitFor()
  expect(await read('index.html')).toBe('edited here')
  await page.getByRole('button', { name: 'Close' }).first().click()
})

test('its statistics are drawn', async () => {
  const { page } = window
  await page.getByRole('tab', { name: 'Statistics' }).click()
  await page.getByRole('img', { name: /^CPU, Now: \d+ %$/ }).waitFor()
  await page.getByRole('img', { name: /^Own memory, The last hour: [\d.]+ MiB$/ }).waitFor()
})

test('the dashboard shows what it holds', async () => {
  const { page } = window
  await window.go('/memory')
  await page.getByRole('img', { name: /by image, template and container/ }).waitFor()
  const report = JSON.parse((await engine.get('/ramet/v1/memory')).body) as {
    totals: { actualBytes: number }
  }
  expect(report.totals.actualBytes).toBeGreaterThan(0)
  await page.getByRole('button', { name: /^Taken/ }).focus()
  await page.getByRole('tooltip').getByText('smaps').waitFor()
})

test('the engine is killed and comes back while the window is open', async () => {
  const { page } = window
  await window.go('/containers')
  await page.getByRole('row').filter({ hasText: 'web' }).waitFor()
  await engine.down('SIGKILL')
  await page.getByText('The engine does not answer').waitFor()
  await page.getByRole('button', { name: 'Start the engine' }).click()
  await page.getByText('The engine does not answer').waitFor({ state: 'detached' })
  await page.getByRole('row').filter({ hasText: 'web' }).getByText('Running').waitFor()
  expect((await (await fetch(`http://127.0.0.1:${PORT}/`)).text()).trim()).toBe('edited here')
})

test('it is stopped and removed, by keys alone', async () => {
  const { page } = window
  await window.command('stop web')
  await page.getByRole('option', { name: 'Stop web' }).and(page.locator('[data-highlighted]')).waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('row').filter({ hasText: 'web' }).getByText('Exited').waitFor({ timeout: 120_000 })
  await page.getByRole('row').filter({ hasText: 'web' }).focus()
  await page.keyboard.press('Space')
  await page.getByRole('button', { name: 'Remove…' }).first().click()
  await page.getByRole('alertdialog').getByText('Remove web?').waitFor()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click()
  await page.getByText('No containers yet').waitFor()
})

test('nothing was complained of', () => {
  const complaints = window.complaints.filter((each) => !/WebSocket|ERR_CONNECTION|closed/.test(each))
  expect(complaints).toEqual([])
  // The engine's own log stays free of errors of ours.
  expect(engine.log()).not.toMatch(/TypeError|INTERNAL/)
})
