import { afterAll, beforeAll, expect, test } from 'vitest'
import { qemuProcesses, TestEngine } from '../support/engine.ts'
import { until } from '../support/fixture.ts'
import { postgresImage, query } from '../support/postgres.ts'
import { TestWindow } from './support/window.ts'

/** From a running PostgreSQL to five forks of it, and back to an instant of its own, in the window. Each step stands on the last. */
let engine: TestEngine
let window: TestWindow
let port = 0

const HOLDS = 'select count(*) from rows'

beforeAll(async () => {
  engine = await TestEngine.start()
  const { archive, tag } = await postgresImage()
  expect(await engine.ramet(['load', '-q', '-i', archive], { timeoutMs: 300_000 })).toMatchObject({ code: 0 })
  const run = ['run', '-d', '--name', 'db', '-m', '1g', '-p', '5432', tag]
  expect(await engine.ramet(run, { timeoutMs: 300_000 })).toMatchObject({ code: 0 })
  port = await portOf('db')
  await until('PostgreSQL answers', () => query(port, 'select 1').then(() => true, () => false), 500_000) // prettier-ignore
  await query(port, 'create table rows as select generate_series(1, 1000) as id')
  window = await TestWindow.open(engine)
}, 900_000)

afterAll(async () => {
  await window?.[Symbol.asyncDispose]()
  await engine?.[Symbol.asyncDispose]()
  expect(await qemuProcesses(engine.home)).toEqual([])
})

const portOf = (name: string): Promise<number> => engine.portOf(name, '5432/tcp')
const row = (name: string) => window.page.getByRole('row').filter({ hasText: name })
const notice = (text: string) => window.page.locator('.notice').filter({ hasText: text })
const LONG = { timeout: 240_000 }

test('five forks are asked for in the list, and all of them answer', async () => {
  const { page } = window
  await window.go('/containers')
  await row('db').getByRole('button', { name: 'More for db' }).click()
  await page.getByRole('menuitem', { name: 'Fork several…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Fork db' })
  await dialog.getByLabel('How many').fill('0')
  await expect.poll(() => dialog.getByRole('button', { name: 'Fork' }).isDisabled()).toBe(true)
  await dialog.getByLabel('How many').fill('5')
  await dialog.getByText('db-fork-1 to db-fork-5').waitFor()
  expect(await window.axe()).toEqual([])
  await window.pictures('dialog-fork')
  await dialog.getByRole('button', { name: 'Fork 5 times' }).click()
  await notice('db-fork-4 and db-fork-5 run').waitFor(LONG)
  const ports = new Set<number>([port])
  for (const name of [1, 2, 3, 4, 5].map((number) => `db-fork-${number}`)) {
    await row(name).getByText('Running').waitFor()
    const own = parseInt((await row(name).getByRole('link').first().textContent())!)
    expect(await query(own, HOLDS)).toEqual([['1000']])
    await query(own, `insert into rows values (${own})`)
    ports.add(own)
  }
  expect(ports.size).toBe(6)
  expect(await query(port, HOLDS)).toEqual([['1000']])
  await window.pictures('containers-forks')
})

test('the family is drawn as a tree, and a fork is forked by one click', async () => {
  const { page } = window
  await row('db-fork-1').getByText('db-fork-1').click()
  await page.getByRole('heading', { name: 'db-fork-1' }).waitFor()
  await page.getByRole('button', { name: 'Fork db-fork-1' }).click()
  await notice('db-fork-6 runs').getByRole('button', { name: 'Show' }).click(LONG)
  await page.getByRole('heading', { name: 'db-fork-6' }).waitFor()
  await page.getByRole('tab', { name: 'Lineage' }).click()
  const tree = page.getByRole('list', { name: /Where this container comes from/ })
  for (const name of ['db', 'db-fork-1', 'db-fork-5']) {
    await tree.getByRole('link', { name, exact: true }).waitFor()
  }
  await tree.locator('[aria-current]').getByText('db-fork-6').waitFor()
  expect(await window.axe()).toEqual([])
  await window.pictures('container-lineage')
})

test('a checkpoint is taken, and the way back to it leads to the rows of then', async () => {
  const { page } = window
  const { Id } = await engine.inspect('db')
  await window.go(`/containers/${Id}/checkpoints`)
  await page.getByText('No checkpoints yet').waitFor()
  await window.pictures('container-checkpoints-empty')
  await page.getByRole('textbox', { name: 'Name of the checkpoint' }).fill('before')
  await page.getByRole('button', { name: 'Take a checkpoint', exact: true }).click()
  await page.getByRole('list', { name: 'Checkpoints' }).getByText('before').waitFor(LONG)
  await query(port, 'delete from rows')
  await page.getByRole('button', { name: 'Rewind to before' }).click()
  const question = page.getByRole('alertdialog')
  await question.getByText('Rewind db to before?').waitFor()
  expect(await window.axe()).toEqual([])
  await window.pictures('dialog-rewind')
  await question.getByRole('button', { name: 'Rewind' }).click()
  await notice('db goes on from before').waitFor(LONG)
  // Like a restart it takes any free port anew.
  port = await portOf('db')
  await until('it answers', () => query(port, HOLDS).then(([first]) => first?.[0] === '1000', () => false)) // prettier-ignore
  await window.pictures('container-checkpoints')
})

test('it is frozen to an image, whose containers start with the rows loaded', async () => {
  const { page } = window
  await window.command('freeze db to')
  await page.getByRole('option', { name: 'Freeze db to an image…' }).click()
  const dialog = page.getByRole('dialog', { name: /^Freeze db/ })
  await dialog.getByLabel('Image').fill('db:loaded')
  await window.pictures('dialog-freeze')
  await dialog.getByRole('button', { name: 'Freeze' }).click()
  await notice('db:loaded is a warm image now').waitFor(LONG)
  await window.go('/templates')
  await row('Warm image').waitFor()
  await row('Checkpoint').waitFor()
  expect(await window.axe()).toEqual([])
  await window.pictures('templates-kinds')
  await window.go('/memory')
  await page.getByRole('img', { name: /by image, template and container/ }).waitFor()
  await window.pictures('memory-forks')
  expect(window.complaints).toEqual([])
})
