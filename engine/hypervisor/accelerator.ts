import { execFile } from 'node:child_process'
import { access, constants, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { release } from 'node:os'
import { join } from 'node:path'
import type { Accelerator } from '../../contract/ramet.ts'
import { EngineError } from '../../contract/errors.ts'
import type { Kernel } from './virtual-machine.ts'

export interface AcceleratorChoice {
  accelerator: Accelerator
  /** Why this one, for people. */
  reason: string
}

/** The agent's words in a VM that has come as far as the agent. */
const BOOTED = 'agent: the probe VM has booted'
/** Under KVM a boot takes a second or two, on a busy machine some more. */
const PROBE_TIMEOUT_MS = 15_000

export interface ProbeOptions {
  qemuBinary: string
  kernel: Kernel
  timeoutMs?: number
}

/**
 * Chooses KVM where a VM really boots on it (a device that opens proves nothing), else software emulation.
 * `wanted` is `auto`, `kvm` or `tcg`. The probe's answer is kept in `cacheDir` until kernel, device or QEMU change.
 */
export async function chooseAccelerator(
  wanted: string,
  options: ProbeOptions & { qemuVersion: string; cacheDir: string },
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
async function kvmFailure(
  options: ProbeOptions & { qemuVersion: string; cacheDir: string },
): Promise<string | undefined> {
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK)
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    return missing ? 'there is no /dev/kvm' : '/dev/kvm may not be opened by this user'
  }
  const device = await stat('/dev/kvm')
  const facts = [release(), options.qemuVersion, device.rdev, process.getuid?.(), await bootId()].join(' ')
  const file = join(options.cacheDir, 'kvm-boot.json')
  const cached = await readCached(file)
  if (cached?.facts === facts) return cached.failure
  const failure = await bootFailure('kvm', options)
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

/**
 * Boots the guest kit's kernel and agent on `accelerator`: why that failed, or undefined where it did not. Less would
 * prove nothing: there are hosts on which KVM runs a boot sector, and no Linux.
 */
export function bootFailure(
  accelerator: Accelerator,
  { qemuBinary, kernel, timeoutMs = PROBE_TIMEOUT_MS }: ProbeOptions,
): Promise<string | undefined> {
  const args = [
    ...['-accel', accelerator, '-cpu', accelerator === 'kvm' ? 'host' : 'max', '-m', '128'],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-serial', 'stdio'],
    ...['-kernel', kernel.vmlinuz, '-initrd', kernel.initrd, '-append', `${kernel.cmdline} ramet.probe`],
  ]
  return new Promise((resolve) => {
    execFile(qemuBinary, args, { timeout: timeoutMs, killSignal: 'SIGKILL' }, (error, output, stderr) => {
      const reason = stderr.trim().split('\n').at(-1)
      if (output.includes(BOOTED)) resolve(undefined)
      else if (error?.killed)
        resolve(`a probe VM on ${accelerator} did not boot within ${timeoutMs / 1000} s`)
      else resolve(`a probe VM on ${accelerator} failed: ${reason || 'it ended before it had booted'}`)
    })
  })
}
