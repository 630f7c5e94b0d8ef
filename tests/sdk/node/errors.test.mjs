// Every error arrives as the class of error that the SDK has for it; keys of callers.

import assert from "node:assert/strict";
import { test } from "node:test";

import OpenAI from "openai";

import { client, user } from "./gateway.mjs";

async function failure(path, request, key) {
  const body = { model: "gpt-4o", messages: user("hello"), ...request };
  return client(path, key)
    .chat.completions.create(body)
    .then(
      () => assert.fail("the request succeeded"),
      (error) => error,
    );
}

const classes = new Map([
  [400, OpenAI.BadRequestError],
  [401, OpenAI.AuthenticationError],
  [403, OpenAI.PermissionDeniedError],
  [404, OpenAI.NotFoundError],
  [422, OpenAI.UnprocessableEntityError],
  [429, OpenAI.RateLimitError],
  [500, OpenAI.InternalServerError],
]);

test("the status of the provider decides", async () => {
  for (const [status, kind] of classes) {
    for (const stream of [false, true]) {
      const error = await failure("/v1", { model: `fault-status_${status}`, stream });
      assert.ok(error instanceof kind, `${status}: ${error}`);
      assert.equal(error.status, status);
      assert.ok(error.error.message);
    }
  }
});

test("the gateway's own errors", async () => {
  const own = await failure("/fixed/v1", { model: "another-model" });
  assert.ok(own instanceof OpenAI.BadRequestError);
  assert.equal(own.error.message, "cannot use own model - must be: gpt-4o-mini");
  assert.ok((await failure("/nowhere", {})) instanceof OpenAI.NotFoundError);
  assert.ok((await failure("/v1", { model: "fault-no_choices" })) instanceof OpenAI.InternalServerError);
});

test("the API key is the caller's key", async () => {
  const request = { model: "gpt-4o", messages: user("hello") };
  const answer = await client("/keyed/v1", "application-key").chat.completions.create(request);
  assert.equal(answer.choices[0].message.content, "echo: hello");
  const refused = await failure("/keyed/v1", {}, "no-key-of-ours");
  assert.ok(refused instanceof OpenAI.AuthenticationError);
});
