// The vote as one would write it in Node: fetch, a reader for each stream, JSON.parse, the first trace
// that ends decides and the others are aborted.
//
// Usage: node vote_client.mjs PORT VOTES TRACES SECONDS
// Prints the CPU seconds and the chunks of that time, after a second to begin in.
const [port, votes, traces, seconds] = process.argv.slice(2).map(Number)
const url = `http://127.0.0.1:${port}/v1/chat/completions`
let chunks = 0
let ended = false

async function readTrace(solve, index, signal) {
  const response = await fetch(url, {
    method: 'POST',
    signal,
    headers: { 'Content-Type': 'application/json', 'X-Request-Id': `${solve}/${index}` },
    body: JSON.stringify({
      model: 'paced-model',
      messages: [{ role: 'user', content: 'What is two and two?' }],
      seed: index,
      stream: true,
    }),
  })
  const decoder = new TextDecoder()
  let pending = ''
  let text = ''
  for await (const bytes of response.body) {
    pending += decoder.decode(bytes, { stream: true })
    const lines = pending.split('\n')
    pending = lines.pop()
    for (const line of lines) {
      if (!line.startsWith('data: ') || line === 'data: [DONE]') continue
      const choice = JSON.parse(line.slice(6)).choices[0]
      text += choice.delta.content ?? ''
      chunks += 1
      if (choice.finish_reason) return text
    }
  }
  throw new Error('the stream broke off')
}

async function solveOverAndOver(vote) {
  for (let i = 0; !ended; i++) {
    const abort = new AbortController()
    const running = Array.from({ length: traces }, (_, index) => readTrace(`${vote}-${i}`, index, abort.signal))
    for (const trace of running) trace.catch(() => {})
    const text = await Promise.any(running)
    if (!/\\boxed\{([^}]*)\}/.test(text)) throw new Error('a trace without an answer')
    abort.abort()
  }
}

for (let vote = 0; vote < votes; vote++) {
  solveOverAndOver(vote).catch((error) => {
    if (ended) return
    console.error(error)
    process.exit(1)
  })
}
await new Promise((resolve) => setTimeout(resolve, 1000))
const begin = process.cpuUsage()
const before = chunks
await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
const { user, system } = process.cpuUsage(begin)
console.log((user + system) / 1e6, chunks - before)
ended = true
process.exit(0)
