// Counts the suite's results by the kinds that its own definitions give: node tally.mjs SUITE RESULTS
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const [suite, results] = [resolve(process.argv[2]), JSON.parse(readFileSync(process.argv[3], 'utf8'))]
const tests = new Map()
for (const file of readdirSync(join(suite, 'tests')).filter(name => name.endsWith('.mjs'))) {
  const group = (await import(pathToFileURL(join(suite, 'tests', file)))).default
  for (const test of group?.tests ?? []) tests.set(test.id, test)
}

// A case whose setup failed, or that builds on a failed one, tells nothing about itself: it is unclear, and nobody may call it passed.
function verdict (id) {
  if (!(id in results)) return 'unclear'
  for (const other of tests.get(id)?.depends_on ?? []) {
    if (tests.has(other) && verdict(other) !== 'passed') return 'unclear'
  }
  return results[id] === true ? 'passed' : results[id][0] === 'Assertion' ? 'failed' : 'unclear'
}

let bad = 0
for (const [kind, word] of [['required', 'required'], ['optimal', 'optional'], ['check', 'check']]) {
  const ids = Object.keys(results).filter(id => (tests.get(id)?.kind ?? 'required') === kind)
  const by = { passed: [], failed: [], unclear: [] }
  ids.forEach(id => by[verdict(id)].push(id))
  console.log(`${word}: ${by.passed.length} passed, ${by.failed.length} failed, ${by.unclear.length} unclear, of ${ids.length}`)
  for (const id of [...by.failed, ...by.unclear]) {
    console.log(`  ${verdict(id)} ${id}: ${results[id] === true ? 'what it depends on did not pass' : results[id].join(': ')}`)
  }
  if (kind === 'required') bad = by.failed.length + by.unclear.length
}
process.exit(bad === 0 ? 0 : 1)
