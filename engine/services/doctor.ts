import { execFile } from 'node:child_process'
import { access, constants, statfs } from 'node:fs/promises'
import { freemem } from 'node:os'
import { delimiter, join } from 'node:path'
import type { DoctorCheck, DoctorReport } from '../../contract/ramet.ts'
import type { HypervisorFacts } from '../hypervisor/virtual-machine.ts'

const GIB = 1024 ** 3
/** Room for a middling image, its template and its containers' disks. */
const LEAST_DISK = 4 * GIB
const LEAST_MEMORY = 1 * GIB

/** The programs that the engine calls, and the Debian package of each. */
const HELPERS = { skopeo: 'skopeo', 'qemu-img': 'qemu-utils', fincore: 'util-linux-extra' }

const OLDEST_QEMU = [7, 2] as const
const OLDEST_LIBVIRT = [9, 0] as const

/** Looks at everything that Ramet stands on; each finding with what to do. */
export async function examine(facts: HypervisorFacts, dataDir: string): Promise<DoctorReport> {
  const checks = [
    accelerator(facts),
    version('libvirt', facts.libvirtVersion, OLDEST_LIBVIRT, ` at ${facts.uri}`),
    version('QEMU', facts.qemuVersion, OLDEST_QEMU, `, ${facts.qemuBinary}`),
    await groups(),
    await disk(dataDir),
    memory(),
    ...(await Promise.all(Object.entries(HELPERS).map(([name, pkg]) => helper(name, pkg)))),
  ]
  return { ok: checks.every(({ status }) => status !== 'failed'), checks }
}

function accelerator(facts: HypervisorFacts): DoctorCheck {
  if (facts.accelerator === 'kvm') {
    return { name: 'accelerator', status: 'ok', finding: `KVM: ${facts.acceleratorReason}`, advice: '' }
  }
  return {
    name: 'accelerator',
    status: 'warning',
    finding: `software emulation (TCG): ${facts.acceleratorReason}`,
    advice:
      "everything works, slowly, and a hostile container is not held by hardware; enable virtualisation in the firmware and join the group 'kvm'",
  }
}

function version(name: string, found: string, oldest: readonly [number, number], where: string): DoctorCheck {
  const [major = 0, minor = 0] = found.split('.').map(Number)
  const enough = major > oldest[0] || (major === oldest[0] && minor >= oldest[1])
  return {
    name,
    status: enough ? 'ok' : 'failed',
    finding: `${name} ${found}${where}`,
    advice: enough ? '' : `install ${name} ${oldest.join('.')} or newer`,
  }
}

async function groups(): Promise<DoctorCheck> {
  const name = 'groups'
  if (process.getuid?.() === 0) return { name, status: 'ok', finding: 'running as root', advice: '' }
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK)
    return { name, status: 'ok', finding: 'this user may open /dev/kvm', advice: '' }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return { name, status: 'ok', finding: 'there is no /dev/kvm to be let into', advice: '' }
    }
    return {
      name,
      status: 'warning',
      finding: 'this user may not open /dev/kvm',
      advice: "run 'sudo usermod -aG kvm $USER' and log in again",
    }
  }
}

async function disk(folder: string): Promise<DoctorCheck> {
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  const enough = free >= LEAST_DISK
  return {
    name: 'disk',
    status: enough ? 'ok' : 'warning',
    finding: `${(free / GIB).toFixed(1)} GiB free in ${folder}`,
    advice: enough ? '' : "free some space, or run 'ramet templates prune'",
  }
}

function memory(): DoctorCheck {
  const free = freemem()
  const enough = free >= LEAST_MEMORY
  return {
    name: 'memory',
    status: enough ? 'ok' : 'warning',
    finding: `${(free / GIB).toFixed(1)} GiB available`,
    advice: enough ? '' : 'end what is not needed: new VMs may find no room',
  }
}

async function helper(name: string, debianPackage: string): Promise<DoctorCheck> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name)
    if (!(await access(path, constants.X_OK).then(() => true, () => false))) continue // prettier-ignore
    const found = await new Promise<string>((resolve) => {
      execFile(path, ['--version'], (error, stdout) =>
        resolve(error ? path : (stdout.split('\n')[0] ?? path)),
      )
    })
    return { name, status: 'ok', finding: found, advice: '' }
  }
  return {
    name,
    status: 'failed',
    finding: `${name} is missing`,
    advice: `install it (Debian: ${debianPackage})`,
  }
}
