import { join } from 'node:path'
import { expect, test } from 'vitest'
import { command } from '../support/engine.ts'

const root = join(import.meta.dirname, '../..')

/** What only building needs; a machine that merely runs a checkout (the matrix) has not got it. */
async function canBuild(): Promise<boolean> {
  const { code } = await command('sh', ['-c', 'dpkg-query -W g++ make pkg-config libvirt-dev musl-tools'])
  return code === 0
}

test('bootstrap, run again, finds everything there and does nothing', async (context) => {
  if (!(await canBuild())) return context.skip('bootstrap went untested: this machine cannot build')
  const again = await command('bash', [join(root, 'build/bootstrap.sh')], { env: process.env })
  expect(again).toEqual({ code: 0, stdout: '', stderr: '' })
})
