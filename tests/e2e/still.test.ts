import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { join } from 'node:path'
import { TestEngine } from '../support/engine.ts'
import { busyboxImage, makeImage } from '../support/images.ts'
import { tar } from '../../engine/images/tar/testing.ts'
import { HOSTILE, MARKUP, SHOWN } from './support/hostile.ts'
import { TestWindow, type Theme } from './support/window.ts'

/** Containers none of which runs: what the window makes of them costs no VM. */
let engine: TestEngine
let window: TestWindow
let imageId = ''

beforeAll(async () => {
  engine = await TestEngine.start()
  const { archive } = await busyboxImage()
  expect(await engine.ramet(['load', '-i', archive])).toMatchObject({ code: 0 })
  for (const [name, project] of [
    ['shop-web', 'shop'],
    ['shop-db', 'shop'],
    ['later', HOSTILE],
  ] as const) {
    await engine.call('POST', `/containers/create?name=${name}`, {
      Image: 'busybox:latest',
      Cmd: ['echo', HOSTILE],
      Env: [`TITLE=${HOSTILE}`],
      Labels: { 'com.docker.compose.project': project, note: HOSTILE },
    })
  }
  const hostile = join(engine.home, 'hostile.tar')
  const config = { Env: [`TITLE=${HOSTILE}`], Cmd: ['echo', HOSTILE], Labels: { note: HOSTILE } }
  const history = [{ created_by: HOSTILE }, { comment: `by ${HOSTILE}`, empty_layer: true }]
  const layer = tar([{ path: 'hello', data: 'hello' }])
  imageId = await makeImage({ tag: 'hostile:latest', layers: [layer], config, history }, hostile)
  expect(await engine.ramet(['load', '-i', hostile])).toMatchObject({ code: 0 })
  await engine.call('POST', '/volumes/create', { Name: 'data', Labels: { note: HOSTILE } })
  await engine.call('POST', '/networks/create', { Name: 'backend' })
  await engine.call('POST', '/ramet/v1/launches', {
    title: HOSTILE,
    pinned: true,
    config: { Image: 'busybox:latest' },
  })
  window = await TestWindow.open(engine)
})

afterAll(async () => {
  await window?.[Symbol.asyncDispose]()
  await engine?.[Symbol.asyncDispose]()
})

/** Each with what is seen once it is complete. */
const PAGES: [name: string, path: string | (() => string), seen: string][] = [
  ['memory-empty', '/memory', 'Nothing takes memory yet'],
  ['containers-still', '/containers', 'shop-web'],
  ['container-settings', '/containers/later/settings', 'Environment'],
  ['container-inspect', '/containers/later/inspect', '"Id"'],
  ['container-stopped-terminal', '/containers/later/terminal', 'It does not run'],
  ['run', '/run', SHOWN],
  ['images', '/images', 'busybox'],
  ['image', () => `/images/${encodeURIComponent(imageId)}`, `by ${SHOWN}`],
  ['run-recreate', '/run?from=later', 'Recreate later'],
  ['templates-empty', '/templates', 'No templates yet'],
  ['volumes', '/volumes', 'data'],
  ['networks-still', '/networks', 'Who can reach whom'],
  ['activity', '/activity', 'Nothing is under way'],
  ['settings', '/settings', 'Registries without TLS'],
  ['doctor', '/doctor', 'QEMU'],
]

test('while a list loads it says so', async () => {
  const { page } = window
  const seen = Promise.withResolvers<undefined>()
  await page.route('**/api/images/json*', async (route) => {
    await seen.promise
    await route.continue()
  })
  await window.go('/images')
  await page.getByRole('status').filter({ hasText: 'Loading' }).waitFor()
  await window.settled()
  await window.pictures('images-loading')
  seen.resolve(undefined)
  await page.unrouteAll({ behavior: 'wait' })
  await page.getByRole('row').filter({ hasText: 'busybox' }).waitFor()
})

describe.each<Theme>(['light', 'dark'])('in the %s', (theme) => {
  test.each(PAGES)('%s: nothing serious by axe, nothing hostile runs', async (name, path, seen) => {
    const { page } = window
    await page.emulateMedia({ colorScheme: theme })
    await window.go(typeof path === 'string' ? path : path())
    await page.locator('main').getByText(seen).first().waitFor()
    expect(await window.axe()).toEqual([])
    expect(await window.harm()).toEqual([])
    await window.picture(`${name}-${theme}`)
  })
})

test('of a container nothing is shown that is another’s', async () => {
  const { page } = window
  const variable = page.locator('main').getByText('TITLE')
  await window.go('/containers/later/settings')
  await variable.waitFor()
  const answered = Promise.withResolvers<undefined>()
  await page.route('**/api/containers/*/json', async (route) => {
    await answered.promise
    await route.continue()
  })
  await window.go('/containers/shop-web/settings')
  await page.getByRole('heading', { name: 'shop-web' }).waitFor()
  expect(await variable.count()).toBe(0)
  answered.resolve(undefined)
  await page.unrouteAll({ behavior: 'wait' })
  await variable.waitFor()
})

test('200 containers: only those in sight exist, keys go through all, changes appear', async () => {
  const { page } = window
  const image = 'busybox:latest'
  const ids: string[] = []
  for (let at = 0; at < 200; at++) {
    const name = `many-${String(at).padStart(3, '0')}`
    const { body } = await engine.call('POST', `/containers/create?name=${name}`, {
      Image: image,
      Cmd: ['true'],
    })
    ids.push((JSON.parse(body) as { Id: string }).Id)
  }
  await window.go('/containers')
  await page.getByRole('searchbox', { name: /Search name/ }).fill('many-')
  await page.getByRole('row').filter({ hasText: 'many-199' }).waitFor()
  expect(await page.getByRole('row').count()).toBeLessThan(60)

  // Renames are changes that cost no VM: twenty a second while it scrolls.
  let rounds = 0
  const changing = (async () => {
    for (; rounds < 60; rounds++) {
      await engine.call('POST', `/containers/${ids[rounds]}/rename?name=many-renamed-${rounds}`)
      await delay(50)
    }
  })()
  const slowest = await window.scroll()
  console.log(`200 containers, 20 changes a second: the longest task while scrolling took ${slowest} ms`)
  await changing
  await page.getByRole('row').filter({ hasText: 'many-renamed-0' }).first().waitFor()
  await page.getByRole('searchbox', { name: /Search name/ }).fill('many-renamed-59')
  await page.getByRole('row').filter({ hasText: 'many-renamed-59' }).waitFor()
})

test('nothing works while hidden', async () => {
  const { page } = window
  await window.hide(true)
  await window.quiet()
  window.asked.length = 0
  await engine.call('POST', '/volumes/create', { Name: 'unseen' })
  await delay(1500)
  expect(window.asked).toEqual([])
  await window.hide(false)
  await window.go('/volumes')
  await page.getByText('unseen').waitFor()
})

/** Each is opened on a page by a button, and closed by a key. */
test.each([
  ['pull', '/images', 'Pull'],
  ['paste', '/run', 'Paste a docker run line'],
  ['volume', '/volumes', 'New volume'],
  ['network', '/networks', 'New network'],
  ['template', '/templates', 'Make a template'],
])('the dialog %s is accessible', async (name, path, button) => {
  const { page } = window
  await window.go(path)
  await page.locator('main').getByRole('button', { name: button, exact: true }).click()
  await page.getByRole('dialog').waitFor()
  expect(await window.axe()).toEqual([])
  await window.pictures(`dialog-${name}`)
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
})

test('the palette leads to objects of every kind, does what their menus do, and begins what is new', async () => {
  const { page } = window
  const command = async (typed: string, name: string): Promise<void> => {
    await window.command(typed)
    await page.getByRole('option', { name, exact: true }).click()
    await page.locator('.palette').waitFor({ state: 'detached' })
  }
  await window.go('/networks')
  // From the page itself, and once more.
  for (let time = 0; time < 2; time++) {
    await command('new net', 'New network')
    await page.getByRole('dialog', { name: 'New network' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }
  await window.go('/memory')
  await command('backend', 'backend network')
  await page.getByRole('heading', { name: 'Networks' }).waitFor()
  await command('remove later', 'Remove: later')
  await page.getByRole('alertdialog').getByText('Remove later?').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('alertdialog').waitFor({ state: 'detached' })
  await command('recreate later', 'Edit and recreate: later')
  await page.getByRole('heading', { name: 'Recreate later' }).waitFor()
})

test('a quick launch that is forgotten comes back, where that was a slip', async () => {
  const { page } = window
  await window.go('/run')
  const list = page.getByRole('complementary')
  await list.getByText(SHOWN).waitFor()
  await list.getByRole('button', { name: /^Forget/ }).click()
  await list.getByText(SHOWN).waitFor({ state: 'detached' })
  await page.locator('.notice').getByRole('button', { name: 'Undo' }).click()
  await list.getByText(SHOWN).waitFor()
  await list.getByRole('button', { name: /^Unpin/ }).waitFor()
})

test('what cannot be done is said where it was asked for, whatever its name', async () => {
  const { page } = window
  await window.go('/images')
  await page.getByRole('button', { name: 'Pull', exact: true }).click()
  await page.getByRole('dialog').getByLabel('Image').fill(MARKUP)
  await page.getByRole('dialog').getByRole('button', { name: 'Pull' }).click()
  const notice = page.locator('.notice.error')
  await notice.waitFor()
  await page.keyboard.press('Escape')
  await notice.waitFor({ state: 'detached' })
  await window.go('/activity')
  await page.locator('.task.failed').filter({ hasText: MARKUP }).waitFor()
  expect(await window.axe()).toEqual([])
  expect(await window.harm()).toEqual([])
  await window.pictures('activity-failed')
})

test('what a registry says is read, whatever it says', async () => {
  const { page } = window
  const registry = createServer((request, answer) => {
    if (request.url === '/v2/') return void answer.end('{}')
    answer.writeHead(400, { 'content-type': 'application/json' })
    answer.end(JSON.stringify({ errors: [{ code: 'UNSUPPORTED', message: HOSTILE }] }))
  })
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve))
  try {
    const reference = `127.0.0.1:${(registry.address() as AddressInfo).port}/some/image:latest`
    await window.go('/images')
    await page.getByRole('button', { name: 'Pull', exact: true }).click()
    await page.getByRole('dialog').getByLabel('Image').fill(reference)
    await page.getByRole('dialog').getByRole('button', { name: 'Pull' }).click()
    await page.locator('.notice.error').filter({ hasText: "alert('owned')" }).waitFor()
    expect(await window.harm()).toEqual([])
    await page.keyboard.press('Escape')
    await window.go('/activity')
    await page.locator('.task.failed').filter({ hasText: reference }).getByText("alert('owned')").waitFor()
    expect(await window.harm()).toEqual([])
  } finally {
    registry.close()
  }
})

test('names that would act are refused', async () => {
  const refused = async (path: string, body?: object): Promise<void> => {
    const { status } = await engine.call('POST', path, body)
    expect(status, path).toBe(400)
  }
  const name = encodeURIComponent(HOSTILE)
  await refused(`/containers/create?name=${name}`, { Image: 'busybox:latest' })
  await refused(`/containers/later/rename?name=${name}`)
  await refused('/volumes/create', { Name: HOSTILE })
  await refused('/networks/create', { Name: HOSTILE })
  await refused(`/images/busybox:latest/tag?repo=${name}&tag=latest`)
  await refused(`/images/busybox:latest/tag?repo=hostile&tag=${name}`)
})

test('the engine’s settings are set, and are there for its next start', async () => {
  const { page } = window
  await window.go('/settings')
  await page.getByLabel('Registries without TLS').fill('hub.lan:5000')
  await page.getByLabel('Memory of a container').fill('lots')
  await page.getByText('lots').waitFor()
  await page.getByLabel('Memory of a container').fill('1g')
  await page.getByLabel('CPUs of a container').fill('0.5')
  await page.getByLabel('Memory that stays free').fill('much')
  await page.getByText('‘much’ is not a size').waitFor()
  await page.getByLabel('Memory that stays free').fill('300m')
  await page.locator('main').getByRole('button', { name: 'Save' }).click()
  await page.getByText('It counts once the engine is started again').waitFor()
  await window.pictures('settings-engine')
  const { body } = await engine.get('/ramet/v1/settings')
  expect(JSON.parse(body)).toMatchObject({
    settings: {
      insecureRegistries: ['hub.lan:5000'],
      limits: { memoryBytes: 2 ** 30, cpus: 0.5 },
      keepFreeBytes: 300 * 2 ** 20,
    },
    changed: true,
  })
  expect((await engine.call('PUT', '/ramet/v1/settings', { warm: 'hot' })).status).toBe(400)
})

test('while no engine answers it says so', async () => {
  const { page } = window
  await window.go('/containers')
  await engine.down('SIGTERM')
  await page.getByText('The engine does not answer').waitFor()
  expect(await window.axe()).toEqual([])
  await window.pictures('containers-no-engine')
  await engine.up()
  await page.getByText('The engine does not answer').waitFor({ state: 'detached' })
})
