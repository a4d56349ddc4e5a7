import { spawn } from 'node:child_process'

/** Milliseconds from the spawn of a QEMU with the least of devices until its monitor has answered. */
export async function bareQemu(binary: string, accelerator: string): Promise<number> {
  const start = performance.now()
  const args = ['-nodefaults', '-display', 'none', '-machine', `pc,accel=${accelerator}`, '-m', '512', '-S']
  const child = spawn(binary, [...args, '-qmp', 'stdio'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.stdin.write('{"execute": "qmp_capabilities"}\n')
  await new Promise<void>((resolve, reject) => {
    let text = ''
    child.once('error', reject)
    child.stdout.on('data', (data: Buffer) => {
      text += data.toString()
      if (text.includes('"return"')) resolve()
    })
  })
  const milliseconds = performance.now() - start
  child.kill('SIGKILL')
  await gone
  return milliseconds
}
