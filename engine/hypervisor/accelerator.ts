import { execFile } from 'node:child_process'
import { access, constants, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Accelerator } from '../../contract/ramet.ts'
import { EngineError } from '../../contract/errors.ts'

export interface AcceleratorChoice {
  accelerator: Accelerator
  /** Why this one, for people. */
  reason: string
}

/** A guest that boots this far has executed code: it leaves through QEMU's debug exit with a status of its own. */
const PROBE_EXIT_VALUE = 0x2a
const PROBE_EXIT_STATUS = (PROBE_EXIT_VALUE << 1) | 1
const PROBE_TIMEOUT_MS = 5_000

/** A boot sector: `mov dx, 0xf4; mov al, PROBE_EXIT_VALUE; out dx, al; hlt`, and the BIOS's signature. */
function bootSector(): Buffer {
  const sector = Buffer.alloc(512)
  Buffer.from([0xba, 0xf4, 0x00, 0xb0, PROBE_EXIT_VALUE, 0xee, 0xf4]).copy(sector)
  sector.writeUInt16LE(0xaa55, 510)
  return sector
}

/**
 * Chooses KVM where a VM really boots on it (a device that opens proves nothing), else software emulation.
 * `wanted` is `auto`, `kvm` or `tcg`. The probe's answer is kept in `cacheDir` until kernel, device or QEMU change.
 */
export async function chooseAccelerator(
  wanted: string,
  options: { qemuBinary: string; qemuVersion: string; cacheDir: string },
): Promise<AcceleratorChoice> {
  if (wanted === 'tcg') return { accelerator: 'tcg', reason: 'chosen by RAMET_ACCEL=tcg' }
  if (wanted !== 'auto' && wanted !== 'kvm') {
    throw new EngineError('INVALID_ARGUMENT', `RAMET_ACCEL is '${wanted}'; it must be auto, kvm or tcg`)
  }
  const failure = await kvmFailure(options)
  if (!failure) return { accelerator: 'kvm', reason: 'a probe VM booted on /dev/kvm' }
  if (wanted === 'kvm') {
    throw new EngineError(
      'ACCELERATOR_UNAVAILABLE',
      `RAMET_ACCEL=kvm, but KVM cannot be used: ${failure}. Enable virtualisation in the firmware and join the group 'kvm', or set RAMET_ACCEL=auto`,
    )
  }
  return { accelerator: 'tcg', reason: failure }
}

/** Why KVM is not usable; undefined where it is. */
async function kvmFailure(options: {
  qemuBinary: string
  qemuVersion: string
  cacheDir: string
}): Promise<string | undefined> {
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK)
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    return missing ? 'there is no /dev/kvm' : '/dev/kvm may not be opened by this user'
  }
  const device = await stat('/dev/kvm')
  const facts = [release(), options.qemuVersion, device.rdev, process.getuid?.(), await bootId()].join(' ')
  const file = join(options.cacheDir, 'kvm-probe.json')
  const cached = await readCached(file)
  if (cached?.facts === facts) return cached.failure
  const failure = await probe(options.qemuBinary)
  await mkdir(options.cacheDir, { recursive: true })
  await writeFile(`${file}.${process.pid}`, JSON.stringify({ facts, failure }))
  await rename(`${file}.${process.pid}`, file)
  return failure
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
}

async function readCached(file: string): Promise<{ facts: string; failure?: string } | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as { facts: string; failure?: string }
  } catch {
    // A missing or torn cache only costs another probe.
    return undefined
  }
}

async function probe(qemuBinary: string): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'ramet-probe-'))
  try {
    const sector = join(folder, 'boot')
    await writeFile(sector, bootSector())
    const args = [
      '-accel',
      'kvm',
      '-machine',
      'pc',
      '-cpu',
      'host',
      '-m',
      '16',
      '-nodefaults',
      '-display',
      'none',
    ]
    args.push('-drive', `file=${sector},format=raw,if=ide,snapshot=on`)
    args.push('-device', 'isa-debug-exit,iobase=0xf4,iosize=0x04', '-no-reboot')
    return await new Promise((resolve) => {
      execFile(
        qemuBinary,
        args,
        { timeout: PROBE_TIMEOUT_MS, killSignal: 'SIGKILL' },
        (error, _out, stderr) => {
          const code = (error as { code?: number } | null)?.code
          if (code === PROBE_EXIT_STATUS) resolve(undefined)
          else if (error?.killed)
            resolve(`a probe VM on /dev/kvm did not boot within ${PROBE_TIMEOUT_MS / 1000} s`)
          else resolve(`a probe VM on /dev/kvm failed: ${stderr.trim().split('\n').at(-1) || `exit ${code}`}`)
        },
      )
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
