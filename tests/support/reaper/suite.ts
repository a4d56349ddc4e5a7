import { GenericContainer, Network } from 'testcontainers'

/** A test suite that starts what it needs, says so, and removes nothing; it ends when its input does. */
const [image] = process.argv.slice(2)
const idle = ['sleep', '100000']
const network = await new Network().start()
await new GenericContainer(image!).withCommand(idle).withNetwork(network).withNetworkAliases('one').start()
await new GenericContainer(image!).withCommand(idle).start()
console.log('SUITE IS UP')
process.stdin.resume().once('end', () => process.exit(0))
