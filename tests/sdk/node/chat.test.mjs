// Chat, whole and streamed.

import assert from "node:assert/strict";
import { test } from "node:test";

import OpenAI from "openai";

import { client, user } from "./gateway.mjs";

const sdk = client();

test("an answer has every part", async () => {
  const answer = await sdk.chat.completions.create({ model: "gpt-4o", messages: user("hello there") });
  assert.equal(answer.choices[0].message.content, "echo: hello there");
  assert.equal(answer.choices[0].finish_reason, "stop");
  assert.equal(answer.model, "gpt-4o");
  assert.equal(answer.usage.total_tokens, 5);
});

test("raw headers", async () => {
  const { data, response } = await sdk.chat.completions
    .create({ model: "gpt-4o", messages: user("hello") })
    .withResponse();
  assert.equal(data.choices[0].message.content, "echo: hello");
  assert.equal(response.headers.get("x-kong-llm-model"), "openai/gpt-4o");
  assert.ok(response.headers.get("x-kong-request-id"));
});

test("a base URL may end in a slash and have a prefix", async () => {
  for (const path of ["/v1/", "/team/v1", "/team/v1/"]) {
    const answer = await client(path).chat.completions.create({ model: "gpt-4o", messages: user("hello") });
    assert.equal(answer.choices[0].message.content, "echo: hello", path);
  }
});

test("chunks add up to the answer", async () => {
  const stream = await sdk.chat.completions.create({
    model: "gpt-4o",
    messages: user("hello there you"),
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
  assert.equal(text, "echo: hello there you");
  assert.deepEqual(chunks.at(-1).choices, []);
  assert.equal(chunks.at(-1).usage.completion_tokens, 4);
});

test("any legal framing gives the same text", async () => {
  for (const fault of ["split", "drip", "burst", "crlf", "comments", "no_space", "no_done"]) {
    const stream = sdk.chat.completions.stream({ model: `fault-${fault}`, messages: user("hello there you") });
    assert.equal(await stream.finalContent(), "echo: hello there you", fault);
  }
});

test("a broken stream is an error and never a short answer", async () => {
  for (const fault of ["cut_mid", "end_mid", "error_mid"]) {
    const stream = await sdk.chat.completions.create({
      model: `fault-${fault}`,
      messages: user("words:40"),
      stream: true,
    });
    let received = 0;
    const read = async () => {
      for await (const _ of stream) received += 1;
    };
    await assert.rejects(read, (error) => error instanceof OpenAI.APIError, fault);
    assert.ok(received > 0, fault);
  }
});

test("a stream that is left early does no harm", async () => {
  const stream = await sdk.chat.completions.create({ model: "gpt-4o", messages: user("words:500"), stream: true });
  for await (const _ of stream) break;
  const answer = await sdk.chat.completions.create({ model: "gpt-4o", messages: user("again") });
  assert.equal(answer.choices[0].message.content, "echo: again");
});
