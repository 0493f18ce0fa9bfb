// Xen Orchestra's connector against the simulated pool: log-in through a member, the event loop, tasks, events.
// usage: node xen-api.mjs COORDINATOR MEMBER PORT PASSWORD-FILE
import { readFileSync } from 'node:fs'
import { createClient } from 'xen-api'
import { check, finish, same } from './checks.mjs'

const [coordinator, member, port, passwordFile] = process.argv.slice(2)
const password = readFileSync(passwordFile, 'utf8').trim()
const name = 'xen-api'
const patience = 20_000

const client = at =>
  createClient({ url: `https://${at}:${port}`, auth: { user: 'root', password }, allowUnauthorized: true })

const within = (promise, what) =>
  Promise.race([
    promise,
    new Promise((_, reject) => setTimeout(() => reject(new Error(`${what} took too long`)), patience).unref()),
  ])

async function errorOf(promise) {
  try {
    await promise
    return undefined
  } catch (error) {
    return error
  }
}

const xapi = client(coordinator)
await within(xapi.connect(), 'connecting')
await within(xapi.objectsFetched, 'loading the pool')
check(name, 'knows the pool', xapi.pool.name_label === 'demo', xapi.pool)

const objects = Object.values(xapi.objects.all)
const ofType = type => objects.filter(object => object.$type === type)
same(name, 'sees three hosts', ofType('host').length, 3)
const web = ofType('VM').find(vm => vm.name_label === 'web01')
same(name, 'sees web01 running on host2', web.$resident_on.name_label, 'host2')
same(name, 'follows references to the snapshots', web.$snapshots.map(one => one.name_label), ['nightly', 'nightly'])

const disk = web.$VBDs.find(vbd => vbd.userdevice === '0').$VDI
const infos = await xapi.call('VDI.get_nbd_info', disk.$ref)
same(name, 'gets a way over each host', infos.length, 3)
check(name, 'gets ports as numbers', typeof infos[0].port === 'number', infos[0].port)
check(name, 'gets certificates', infos[0].cert.startsWith('-----BEGIN CERTIFICATE-----'), infos[0].cert)

await within(xapi.call('VDI.add_to_other_config', disk.$ref, 'vdifs-test', 'yes'), 'a change')
const barriered = await within(xapi.barrier(disk.$ref), 'an event')
same(name, 'hears of a change by event', barriered.other_config['vdifs-test'], 'yes')

const snapshotRef = await within(xapi.callAsync('VDI.snapshot', disk.$ref), 'an asynchronous call')
const snapshot = await within(xapi.barrier(snapshotRef), 'the snapshot')
same(name, 'gets the result of a task', snapshot.snapshot_of, disk.$ref)
await within(xapi.callAsync('VDI.destroy', snapshotRef), 'a destroy')
const gone = await errorOf(xapi.call('VDI.get_record', snapshotRef))
same(name, 'gets errors as code and parameters', [gone?.code, gone?.params], ['HANDLE_INVALID', ['VDI', snapshotRef]])
const failed = await errorOf(within(xapi.callAsync('VDI.destroy', web.$snapshots[0].$ref), 'a failing call'))
same(name, "gets a task's error", failed?.code, 'HANDLE_INVALID')

const taskRef = await xapi.call('task_create', 'a copy', 'of the test')
await xapi.call('task.set_progress', taskRef, 0.5)
await xapi.call('task_set_status', taskRef, 'success')
const task = await within(xapi.barrier(taskRef), 'the task')
same(name, 'sees a task of its own', [task.status, task.progress], ['success', 0.5])
await xapi.call('task.destroy', taskRef)
await within(xapi.disconnect(), 'logging out')

const other = client(member)
await within(other.connect(), 'connecting through a member')
await within(other.objectsFetched, 'loading the pool')
same(name, 'is led from a member to the coordinator', other._url.hostname, coordinator)
await within(other.disconnect(), 'logging out')

const wrong = createClient({
  url: `https://${coordinator}:${port}`,
  auth: { user: 'root', password: 'wrong' },
  allowUnauthorized: true,
})
const refused = await errorOf(within(wrong.connect(), 'being refused'))
same(name, 'is refused with a wrong password', refused?.code, 'SESSION_AUTHENTICATION_FAILED')
finish()
