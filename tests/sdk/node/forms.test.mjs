// Tools, structured output, embeddings.

import assert from "node:assert/strict";
import { test } from "node:test";

import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";

import { client, user } from "./gateway.mjs";

const sdk = client();
const tools = ["weather", "tides", "traffic"].map((name) => ({
  type: "function",
  function: {
    name,
    parameters: { type: "object", properties: { place: { type: "string" } }, required: ["place"] },
  },
}));

test("parallel tool calls, whole and streamed", async () => {
  const request = { model: "gpt-4o", messages: user("call_three_tools please"), tools };
  const whole = (await sdk.chat.completions.create(request)).choices[0];
  assert.equal(whole.finish_reason, "tool_calls");
  assert.deepEqual(
    whole.message.tool_calls.map((call) => call.function.name),
    ["weather", "tides", "traffic"],
  );
  const streamed = await sdk.chat.completions.stream({ ...request, model: "fault-split" }).finalMessage();
  const shape = (call) => [call.id, call.function.name, call.function.arguments];
  assert.deepEqual(streamed.tool_calls.map(shape), whole.message.tool_calls.map(shape));
});

test("a tool is run and its result told", async () => {
  const seen = [];
  const runner = sdk.chat.completions.runTools({
    model: "gpt-4o",
    messages: user("call_tool please"),
    tools: [
      {
        type: "function",
        function: {
          name: "weather",
          parse: JSON.parse,
          parameters: { type: "object", properties: { place: { type: "string" } }, required: ["place"] },
          function: ({ place }) => {
            seen.push(place);
            return "sunny";
          },
        },
      },
    ],
  });
  assert.equal(await runner.finalContent(), "tool said: sunny");
  assert.equal(seen.length, 1);
});

test("structured output", async () => {
  const Trip = z.object({ title: z.string(), mode: z.enum(["train", "boat"]), days: z.number().int() });
  const answer = await sdk.chat.completions.parse({
    model: "gpt-4o",
    messages: user("a trip"),
    response_format: zodResponseFormat(Trip, "trip"),
  });
  const trip = answer.choices[0].message.parsed;
  assert.equal(trip.title, "echo: a trip");
  assert.equal(trip.mode, "train");
});

test("embeddings in both encodings", async () => {
  const request = { model: "text-embedding-3-small", input: ["one", "two"] };
  // Unless told otherwise the SDK asks for base64 and decodes it.
  const decoded = await sdk.embeddings.create(request);
  const floats = await sdk.embeddings.create({ ...request, encoding_format: "float" });
  assert.equal(decoded.data.length, 2);
  decoded.data.forEach((item, index) => {
    item.embedding.forEach((value, at) => {
      assert.ok(Math.abs(value - floats.data[index].embedding[at]) < 1e-6);
    });
  });
});
