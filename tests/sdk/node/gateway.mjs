// Clients for the gateway that launch.py started.

import OpenAI from "openai";

export const base = process.env.AI_PROXY_URL;

export function client(path = "/v1", apiKey = "unused") {
  // Retries would hide what the first answer was.
  return new OpenAI({ baseURL: base + path, apiKey, maxRetries: 0, timeout: 20_000 });
}

export function user(content) {
  return [{ role: "user", content }];
}
