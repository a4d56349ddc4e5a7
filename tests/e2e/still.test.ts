import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestEngine } from '../support/engine.ts'
import { busyboxImage } from '../support/images.ts'
import { TestWindow, type Theme } from './support/window.ts'

/** Containers none of which runs: what the window makes of them costs no VM. */
const MARKUP = `<img src=x onerror="alert('owned')">`
/** Scrolls for 120 frames; answers how long the longest task took, in milliseconds. */
const SCROLL = `(async () => {
  const body = document.querySelector('.table .body')
  const tasks = [0]
  const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)))
  observer.observe({ type: 'longtask' })
  for (let frame = 0; frame < 120; frame++) {
    body.scrollTop += 60
    await new Promise((resolve) => requestAnimationFrame(resolve))
  }
  return Math.max(...tasks)
})()`
const REQUESTS = "performance.getEntriesByType('resource').length"

let engine: TestEngine
let window: TestWindow

beforeAll(async () => {
  engine = await TestEngine.start()
  const { archive } = await busyboxImage()
  expect(await engine.ramet(['load', '-i', archive])).toMatchObject({ code: 0 })
  for (const [name, project] of [
    ['shop-web', 'shop'],
    ['shop-db', 'shop'],
    ['later', MARKUP],
  ] as const) {
    await engine.call('POST', `/containers/create?name=${name}`, {
      Image: 'busybox:latest',
      Cmd: ['echo', MARKUP],
      Env: [`TITLE=${MARKUP}`],
      Labels: { 'com.docker.compose.project': project, note: MARKUP },
    })
  }
  await engine.call('POST', '/volumes/create', { Name: 'data', Labels: { note: MARKUP } })
  await engine.call('POST', '/networks/create', { Name: 'backend' })
  await engine.call('POST', '/ramet/v1/launches', {
    title: MARKUP,
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
const PAGES: [name: string, path: string, seen: string][] = [
  ['memory-empty', '/memory', 'Nothing takes memory yet'],
  ['containers-still', '/containers', 'shop-web'],
  ['container-settings', '/containers/later/settings', 'Environment'],
  ['container-inspect', '/containers/later/inspect', '"Id"'],
  ['container-stopped-terminal', '/containers/later/terminal', 'It does not run'],
  ['run', '/run', 'Quick launches'],
  ['images', '/images', 'busybox'],
  ['templates-empty', '/templates', 'Templates'],
  ['volumes', '/volumes', 'data'],
  ['networks-still', '/networks', 'Who can reach whom'],
  ['activity', '/activity', 'Nothing is under way'],
  ['settings', '/settings', 'Appearance'],
  ['doctor', '/doctor', 'QEMU'],
]

describe.each<Theme>(['light', 'dark'])('in the %s', (theme) => {
  test.each(PAGES)('%s: nothing serious by axe, nothing hostile runs', async (name, path, seen) => {
    const { page } = window
    await page.emulateMedia({ colorScheme: theme })
    await window.go(path)
    await page.locator('main').getByText(seen).first().waitFor()
    await delay(400)
    expect(await window.axe()).toEqual([])
    expect(window.complaints).toEqual([])
    expect(await page.locator('img').count()).toBe(0)
    await window.picture(`${name}-${theme}`)
  })
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
  const slowest = await page.evaluate<number>(SCROLL)
  console.log(`200 containers, 20 changes a second: the longest task while scrolling took ${slowest} ms`)
  await changing
  await page.getByRole('row').filter({ hasText: 'many-renamed-0' }).first().waitFor()
})

test('nothing works while hidden', async () => {
  const { page } = window
  await window.hide(true)
  await delay(500)
  const before = await page.evaluate<number>(REQUESTS)
  await engine.call('POST', '/volumes/create', { Name: 'unseen' })
  await delay(1500)
  expect(await page.evaluate<number>(REQUESTS)).toBe(before)
  await window.hide(false)
  await window.go('/volumes')
  await page.getByText('unseen').waitFor()
})
