import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { HypervisorFacts } from '../hypervisor/virtual-machine.ts'
import { examine } from './doctor.ts'

const facts: HypervisorFacts = {
  uri: 'qemu:///session',
  accelerator: 'kvm',
  acceleratorReason: 'a probe VM booted',
  libvirtVersion: '9.0.0',
  qemuVersion: '7.2.22',
  qemuBinary: '/usr/bin/qemu-system-x86_64',
  cpuModel: 'max',
}

let folder: string
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'ramet-doctor-'))))
afterAll(() => rm(folder, { recursive: true }))

async function checks(changed: Partial<HypervisorFacts> = {}) {
  const report = await examine({ ...facts, ...changed }, folder)
  return { ok: report.ok, by: new Map(report.checks.map((check) => [check.name, check])), all: report.checks }
}

test('looks at all that Ramet stands on, and has advice for all that is not well', async () => {
  const { all, ok } = await checks({ accelerator: 'tcg', qemuVersion: '6.2.0', libvirtVersion: '8.10.0' })
  expect(all.map(({ name }) => name)).toEqual(['accelerator', 'libvirt', 'QEMU', 'groups', 'disk', 'memory', 'skopeo', 'qemu-img', 'fincore']) // prettier-ignore
  for (const { status, advice, finding } of all) {
    expect(finding).not.toBe('')
    expect(advice === '', finding).toBe(status === 'ok')
  }
  expect(ok).toBe(false)
})

test('emulation is a warning that makes no promise; versions that are too old are failures', async () => {
  const { by } = await checks({ accelerator: 'tcg', qemuVersion: '7.1.0', libvirtVersion: '8.0.0' })
  expect(by.get('accelerator')).toMatchObject({ status: 'warning', advice: expect.stringContaining('not held by hardware') as string }) // prettier-ignore
  expect(by.get('QEMU')).toMatchObject({ status: 'failed', advice: 'install QEMU 7.2 or newer' })
  expect(by.get('libvirt')).toMatchObject({ status: 'failed', advice: 'install libvirt 9.0 or newer' })
  const oldest = (await checks()).by
  for (const name of ['accelerator', 'QEMU', 'libvirt']) expect(oldest.get(name)?.status).toBe('ok')
})

test('a helper that is missing is named with its package', async () => {
  const path = process.env['PATH']
  process.env['PATH'] = folder
  try {
    const { by, ok } = await checks()
    expect(by.get('skopeo')).toMatchObject({ status: 'failed', advice: 'install it (Debian: skopeo)' })
    expect(by.get('qemu-img')).toMatchObject({ status: 'failed', advice: 'install it (Debian: qemu-utils)' })
    expect(ok).toBe(false)
  } finally {
    process.env['PATH'] = path
  }
})
