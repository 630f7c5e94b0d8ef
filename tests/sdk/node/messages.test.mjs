// Anthropic's SDK: relayed to Anthropic, translated to the others.

import assert from "node:assert/strict";
import { test } from "node:test";

import Anthropic from "@anthropic-ai/sdk";

import { base, user } from "./gateway.mjs";

const models = [
  "anthropic/claude-sonnet-4-5",
  "openai/gpt-4o",
  "bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0",
  "vertex/gemini-2.5-flash",
  "vertex-claude/claude-sonnet-4-5-20250929",
  "llama2/llama3.2-vision",
];
// Vertex is the gateway's provider for Gemini.
const told = (model) => model.replace(/^vertex(-claude)?\//, "gemini/");

function client(path = "/every", apiKey = "unused") {
  return new Anthropic({ baseURL: base + path, apiKey, maxRetries: 0, timeout: 20_000 });
}

const sdk = client();
const tools = ["weather", "tides", "traffic"].map((name) => ({
  name,
  input_schema: { type: "object", properties: { place: { type: "string" } }, required: ["place"] },
}));
const shape = (block) => [block.type, block.text, block.name, block.input];

for (const model of models) {
  const ask = (content, more = {}) => ({ model, max_tokens: 100, messages: user(content), ...more });

  test(`${model}: an answer, whole and streamed`, async () => {
    const { data, response } = await sdk.messages.create(ask("hello there")).withResponse();
    assert.deepEqual(data.content.map(shape), [["text", "echo: hello there", undefined, undefined]]);
    assert.equal(data.stop_reason, "end_turn");
    assert.ok(data.usage.output_tokens > 0);
    assert.equal(response.headers.get("x-kong-llm-model"), told(model));
    const stream = sdk.messages.stream(ask("hello there"));
    const pieces = [];
    stream.on("text", (piece) => pieces.push(piece));
    const streamed = await stream.finalMessage();
    assert.equal(pieces.join(""), "echo: hello there");
    assert.deepEqual(streamed.content.map(shape), data.content.map(shape));
    assert.equal(streamed.usage.output_tokens, data.usage.output_tokens);
  });

  test(`${model}: three tools and their results`, async () => {
    const request = ask("call_three_tools please", { tools });
    const whole = await sdk.messages.create(request);
    const streamed = await sdk.messages.stream(request).finalMessage();
    assert.deepEqual(
      whole.content.map((block) => [block.name, block.input.place]),
      [
        ["weather", "value 1 of weather"],
        ["tides", "value 2 of tides"],
        ["traffic", "value 3 of traffic"],
      ],
    );
    assert.deepEqual(streamed.content.map(shape), whole.content.map(shape));
    const results = streamed.content.map((block, index) => ({
      type: "tool_result",
      tool_use_id: block.id,
      content: `result ${index}`,
      is_error: index === 2,
    }));
    const second = await sdk.messages.create({
      ...request,
      messages: [
        ...request.messages,
        { role: "assistant", content: streamed.content },
        { role: "user", content: results },
      ],
    });
    assert.match(second.content[0].text, /^tool said: .*result 2/);
  });

  test(`${model}: tokens are counted`, async () => {
    const { input_tokens } = await sdk.messages.countTokens({ model, messages: user("one two three") });
    assert.ok(input_tokens > 0);
  });

  test(`${model}: errors`, async () => {
    const [provider] = model.split("/");
    const failure = (fault, more) =>
      sdk.messages.create(ask("words:40", { model: `${provider}/fault-${fault}`, ...more }));
    await assert.rejects(failure("status_429"), Anthropic.RateLimitError);
    await assert.rejects(failure("status_500", { stream: true }), Anthropic.InternalServerError);
    for (const fault of ["error_mid", "cut_mid", "end_mid"]) {
      const stream = sdk.messages.stream(ask("words:40", { model: `${provider}/fault-${fault}` }));
      let received = 0;
      stream.on("text", () => (received += 1));
      await assert.rejects(stream.finalMessage(), Anthropic.AnthropicError, fault);
      assert.ok(received > 0, fault);
    }
  });
}

test("thinking goes back as it came", async () => {
  for (const model of [models[0], models[2]]) {
    const request = {
      model,
      max_tokens: 4000,
      thinking: { type: "enabled", budget_tokens: 2000 },
      tools,
      messages: user("call_tool please"),
    };
    const first = await sdk.messages.stream(request).finalMessage();
    assert.deepEqual(
      first.content.map((block) => block.type),
      ["thinking", "tool_use"],
    );
    const result = { type: "tool_result", tool_use_id: first.content[1].id, content: "sunny" };
    const messages = [
      ...request.messages,
      { role: "assistant", content: first.content },
      { role: "user", content: [result] },
    ];
    const second = await sdk.messages.create({ ...request, messages });
    assert.equal(second.content.at(-1).text, "tool said: sunny");
  }
});

test("models are listed", async () => {
  const listed = [];
  for await (const model of sdk.models.list()) listed.push(model.id);
  for (const model of models) assert.ok(listed.includes(model), model);
});

test("keys", async () => {
  const request = { model: "openai/gpt-4o", max_tokens: 9, messages: user("hello") };
  const answer = await client("/keyed", "application-key").messages.create(request);
  assert.equal(answer.content[0].text, "echo: hello");
  await assert.rejects(client("/keyed", "no-key-of-ours").messages.create(request), Anthropic.AuthenticationError);
  const refused = { ...request, model: "refused-anthropic/claude-sonnet-4-5" };
  await assert.rejects(sdk.messages.create(refused), Anthropic.AuthenticationError);
});
