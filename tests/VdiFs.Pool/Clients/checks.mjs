// One line for each claim, so that a script can count them: "ok CLIENT: claim" or "not ok CLIENT: claim".
import { isDeepStrictEqual } from 'node:util'

let failures = 0

export function check(client, claim, holds, seen) {
  console.log(`${holds ? 'ok' : 'not ok'} ${client}: ${claim}`)
  if (!holds) {
    failures++
    console.log(`# saw ${JSON.stringify(seen)}`)
  }
}

export const same = (client, claim, seen, expected) => check(client, claim, isDeepStrictEqual(seen, expected), seen)

export function finish() {
  process.exitCode = failures === 0 ? 0 : 1
}
