import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync, readFileSync, readSync, closeSync, truncateSync, writeFileSync } from 'node:fs'
import { createConnection, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'

export const RAM_BYTES = 2 << 20
export const RAM_BLOCK = 'ram'
const IMAGE_BYTES = 2 << 20

export interface MigrationStatus {
  status?: string
  downtime?: number
  'total-time'?: number
}

/** A small VM straight on QEMU, without libvirt: what the splitter is tried on. */
export class TinyVm {
  private readonly folder: string
  private readonly name: string
  private readonly ramPath: string
  private process!: ChildProcess
  private socket!: Socket
  private replies!: AsyncIterator<string>
  private lines!: Interface
  private complaints = ''

  private constructor(folder: string, name: string, ramPath: string) {
    this.folder = folder
    this.name = name
    this.ramPath = ramPath
  }

  /** `ramPath` is mapped copy-on-write; it is made where it does not exist. */
  static async start(options: {
    folder: string
    name: string
    firmware: string
    ramPath: string
    incoming?: boolean
  }): Promise<TinyVm> {
    const { folder, name, firmware, ramPath } = options
    const image = join(folder, 'image')
    for (const [path, bytes] of [
      [image, IMAGE_BYTES],
      [ramPath, RAM_BYTES],
    ] as const) {
      if (existsSync(path)) continue
      writeFileSync(path, '')
      truncateSync(path, bytes)
    }
    const vm = new TinyVm(folder, name, ramPath)
    vm.process = spawn(
      'qemu-system-x86_64',
      [
        ...[
          '-M',
          `pc,usb=off,vmport=off,memory-backend=${RAM_BLOCK}`,
          '-accel',
          'tcg,tb-size=32',
          '-cpu',
          'qemu64',
        ],
        ...[
          '-m',
          `${RAM_BYTES >> 20}M,slots=1,maxmem=1G`,
          '-nodefaults',
          '-no-user-config',
          '-display',
          'none',
        ],
        ...['-object', `memory-backend-file,id=${RAM_BLOCK},size=${RAM_BYTES},mem-path=${ramPath},share=off`],
        ...[
          '-object',
          `memory-backend-file,id=img,size=${IMAGE_BYTES},mem-path=${image},share=on,readonly=on`,
        ],
        ...[
          '-device',
          'virtio-pmem-pci,memdev=img',
          '-device',
          'virtio-rng-pci',
          '-device',
          'vmgenid,guid=auto',
        ],
        ...[
          '-blockdev',
          'driver=null-co,node-name=disk,size=1048576',
          '-device',
          'virtio-blk-pci,drive=disk',
        ],
        ...['-netdev', 'user,id=nat', '-device', 'virtio-net-pci,netdev=nat,romfile='],
        ...['-device', 'virtio-serial-pci', '-chardev', 'null,id=agent'],
        ...['-device', 'virtserialport,chardev=agent,name=agent'],
        ...['-bios', firmware, '-serial', `file:${vm.path('serial')}`],
        ...['-qmp', `unix:${vm.path('qmp')},server=on,wait=off`],
        ...(options.incoming ? ['-incoming', 'defer'] : []),
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    vm.process.stderr!.on('data', (data: Buffer) => (vm.complaints += data.toString()))
    await vm.connect()
    return vm
  }

  async qmp<T>(execute: string, args: Record<string, unknown> = {}): Promise<T> {
    this.socket.write(JSON.stringify({ execute, arguments: args }) + '\n')
    for (;;) {
      const line = await this.replies.next()
      if (line.done) throw new Error(`QEMU ${this.name} is gone: ${this.complaints}`)
      const reply = JSON.parse(line.value) as { return?: T; error?: { desc: string } }
      if (reply.error) throw new Error(`${execute}: ${reply.error.desc}`)
      if (reply.return !== undefined) return reply.return
    }
  }

  async ignoreShared(): Promise<void> {
    await this.qmp('migrate-set-capabilities', {
      capabilities: [{ capability: 'x-ignore-shared', state: true }],
    })
  }

  /** Starts a live migration to a socket of ours; the caller reads it. */
  async migrate(): Promise<Socket> {
    await this.ignoreShared()
    const path = this.path(`out${Date.now()}`)
    const server = createServer().listen(path)
    await once(server, 'listening')
    const connection = once(server, 'connection') as Promise<[Socket]>
    await this.qmp('migrate', { uri: `unix:${path}` })
    const [socket] = await connection
    server.close()
    return socket
  }

  /** Loads the state of a template; its RAM is in the file that this VM maps. */
  async load(statePath: string): Promise<void> {
    await this.ignoreShared()
    const path = this.path('in')
    await this.qmp('migrate-incoming', { uri: `unix:${path}` })
    const socket = createConnection(path)
    await once(socket, 'connect')
    socket.end(readFileSync(statePath))
    const { status } = await this.settled()
    if (status !== 'completed') throw new Error(`loading the state ended as ${status}: ${this.complaints}`)
  }

  async settled(): Promise<MigrationStatus> {
    for (;;) {
      const info = await this.qmp<MigrationStatus>('query-migrate')
      if (info.status === 'completed' || info.status === 'failed' || info.status === 'cancelled') return info
      await delay(5)
    }
  }

  /** Guest RAM as the process has it, past all of QEMU's own migration code. */
  ram(): Buffer {
    const pid = this.process.pid!
    const maps = readFileSync(`/proc/${pid}/maps`, 'utf8')
    const line = maps.split('\n').find((entry) => entry.endsWith(this.ramPath))
    const start = Number.parseInt(line!.split('-')[0]!, 16)
    const memory = openSync(`/proc/${pid}/mem`, 'r')
    try {
      const ram = Buffer.alloc(RAM_BYTES)
      for (let done = 0; done < RAM_BYTES;)
        done += readSync(memory, ram, done, RAM_BYTES - done, start + done)
      return ram
    } finally {
      closeSync(memory)
    }
  }

  /** Numbers that the guest has printed. */
  counted(): number[] {
    const printed = existsSync(this.path('serial')) ? readFileSync(this.path('serial'), 'latin1') : ''
    return printed
      .split('\n')
      .slice(0, -1)
      .map((line) => Number.parseInt(line, 16))
  }

  async countedBeyond(lines: number): Promise<number[]> {
    for (let wait = 0; wait < 2000; wait++) {
      const counted = this.counted()
      if (counted.length > lines) return counted
      await delay(10)
    }
    throw new Error(`the guest of ${this.name} prints nothing more: ${this.complaints}`)
  }

  async stop(): Promise<void> {
    this.lines.close()
    this.socket.destroy()
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill('SIGKILL')
      await once(this.process, 'exit')
    }
  }

  private path(kind: string): string {
    return join(this.folder, `${this.name}.${kind}`)
  }

  private async connect(): Promise<void> {
    for (;;) {
      if (this.process.exitCode !== null)
        throw new Error(`QEMU ${this.name} did not start: ${this.complaints}`)
      this.socket = createConnection(this.path('qmp'))
      try {
        await once(this.socket, 'connect')
        break
      } catch {
        await delay(10)
      }
    }
    this.lines = createInterface(this.socket)
    this.replies = this.lines[Symbol.asyncIterator]()
    await this.replies.next()
    await this.qmp('qmp_capabilities')
  }
}
