"""The vote as one would write it with asyncio: a connection for each trace, json, the first trace that ends
decides and the others are cancelled.

Usage: vote_client.py PORT VOTES TRACES SECONDS
Prints the CPU seconds and the chunks of that time, after a second to begin in.
"""
import asyncio
import json
import re
import sys
import time

chunks = 0


async def read_trace(port, solve, index):
    global chunks
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        messages = [{"role": "user", "content": "What is two and two?"}]
        body = json.dumps({"model": "paced-model", "messages": messages, "seed": index, "stream": True})
        writer.write(
            f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Request-Id: {solve}/{index}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        await reader.readuntil(b"\r\n\r\n")
        text = []
        while size := int(await reader.readline(), 16):
            payload = await reader.readexactly(size + 2)
            for line in payload.decode().splitlines():
                if not line.startswith("data: ") or line == "data: [DONE]":
                    continue
                choice = json.loads(line[6:])["choices"][0]
                text.append(choice["delta"].get("content") or "")
                chunks += 1
                if choice["finish_reason"]:
                    return "".join(text)
        raise ConnectionError("the stream broke off")
    finally:
        writer.close()


async def solve_over_and_over(port, vote, traces):
    number = 0
    while True:
        running = [asyncio.create_task(read_trace(port, f"{vote}-{number}", i)) for i in range(traces)]
        done, losers = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for loser in losers:
            loser.cancel()
        if not re.search(r"\\boxed\{([^}]*)\}", done.pop().result()):
            raise ValueError("a trace without an answer")
        await asyncio.gather(*losers, return_exceptions=True)
        number += 1


async def main():
    port, votes, traces = map(int, sys.argv[1:4])
    tasks = [asyncio.create_task(solve_over_and_over(port, vote, traces)) for vote in range(votes)]
    await asyncio.sleep(1)
    cpu, before = time.process_time(), chunks
    await asyncio.sleep(float(sys.argv[4]))
    print(time.process_time() - cpu, chunks - before, flush=True)
    for task in tasks:
        if task.done():
            task.result()
        task.cancel()


asyncio.run(main())
