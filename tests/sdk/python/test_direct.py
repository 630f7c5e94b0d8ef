"""The providers' own SDKs against the simulated providers, without the gateway: they judge the simulators."""

import dataclasses
import os

import anthropic
import boto3
import botocore.exceptions
import cohere
import huggingface_hub
import mistralai.client
import ollama
import pytest
from cohere import TooManyRequestsError
from google import genai
from huggingface_hub.errors import HfHubHTTPError
from mistralai.client.errors import SDKError

KEY = "sk-sim-1"
HELLO = [{"role": "user", "content": "hello there"}]
SCHEMA = {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}
FUNCTION = {"type": "function", "function": {"name": "weather", "description": "Tells it.", "parameters": SCHEMA}}
CALL = ("weather", {"place": "value 1 of weather"})


def address(provider):
    return f"{os.environ['AI_PROXY_SIMULATOR_URL']}/sim/{provider}"


def said(text):
    return [{"role": "user", "content": text}]


def arguments(call):
    import json

    given = call.arguments
    return json.loads(given) if isinstance(given, str) else dict(given)


@dataclasses.dataclass(frozen=True)
class Direct:
    """One SDK: each method gives what was asked for in the same form."""

    provider: str

    def chat(self, model=None):
        """Text, and the tokens in and out."""
        raise NotImplementedError

    def stream(self):
        """The text's pieces."""
        raise NotImplementedError

    def call(self):
        """The tool that is called with its arguments."""
        raise NotImplementedError

    def embed(self):
        """The vectors of two texts."""
        raise NotImplementedError

    # What the SDK raises where there were too many requests.
    limited = Exception


class Anthropic(Direct):
    limited = anthropic.RateLimitError

    def sdk(self):
        return anthropic.Anthropic(base_url=address("anthropic"), api_key=KEY, max_retries=0).messages

    def chat(self, model="claude-opus-4-8"):
        answer = self.sdk().create(model=model, max_tokens=99, messages=HELLO)
        return answer.content[0].text, (answer.usage.input_tokens, answer.usage.output_tokens)

    def stream(self):
        with self.sdk().stream(model="claude-opus-4-8", max_tokens=99, messages=HELLO) as stream:
            return list(stream.text_stream)

    def call(self):
        tools = [{"name": "weather", "input_schema": SCHEMA}]
        answer = self.sdk().create(
            model="claude-opus-4-8", max_tokens=99, messages=said("call_tool"), tools=tools
        )
        [call] = answer.content
        return call.name, call.input


class Bedrock(Direct):
    limited = botocore.exceptions.ClientError
    model = "anthropic.claude-sonnet-4-5-20250929-v1:0"

    def sdk(self):
        return boto3.client(
            "bedrock-runtime",
            endpoint_url=address("bedrock"),
            region_name="us-east-1",
            aws_access_key_id="SIMKEY1",
            aws_secret_access_key="sim-secret-access-key",
            config=botocore.config.Config(retries={"total_max_attempts": 1}),
        )

    def messages(self, text):
        return [{"role": "user", "content": [{"text": text}]}]

    def chat(self, model=model):
        answer = self.sdk().converse(modelId=model, messages=self.messages("hello there"))
        usage = answer["usage"]
        return answer["output"]["message"]["content"][0]["text"], (usage["inputTokens"], usage["outputTokens"])

    def stream(self):
        events = self.sdk().converse_stream(modelId=self.model, messages=self.messages("hello there"))["stream"]
        deltas = [event["contentBlockDelta"]["delta"] for event in events if "contentBlockDelta" in event]
        return [delta["text"] for delta in deltas]

    def call(self):
        tools = {"tools": [{"toolSpec": {"name": "weather", "inputSchema": {"json": SCHEMA}}}]}
        answer = self.sdk().converse(modelId=self.model, messages=self.messages("call_tool"), toolConfig=tools)
        [block] = answer["output"]["message"]["content"]
        return block["toolUse"]["name"], block["toolUse"]["input"]


class Gemini(Direct):
    limited = genai.errors.ClientError

    def sdk(self):
        # Kept by the caller while it is used: the SDK closes its connections with the client.
        return genai.Client(api_key=KEY, http_options=genai.types.HttpOptions(base_url=address("gemini")))

    def chat(self, model="gemini-2.5-flash"):
        sdk = self.sdk()
        answer = sdk.models.generate_content(model=model, contents="hello there")
        usage = answer.usage_metadata
        return answer.text, (usage.prompt_token_count, usage.candidates_token_count)

    def stream(self):
        sdk = self.sdk()
        chunks = sdk.models.generate_content_stream(model="gemini-2.5-flash", contents="hello there")
        return [chunk.text for chunk in chunks if chunk.text]

    def call(self):
        sdk = self.sdk()
        function = genai.types.FunctionDeclaration(name="weather", parameters_json_schema=SCHEMA)
        tools = [genai.types.Tool(function_declarations=[function])]
        config = genai.types.GenerateContentConfig(tools=tools)
        answer = sdk.models.generate_content(model="gemini-2.5-flash", contents="call_tool", config=config)
        [call] = answer.function_calls
        return call.name, call.args

    def embed(self):
        sdk = self.sdk()
        answer = sdk.models.embed_content(model="gemini-embedding-001", contents=["one", "two"])
        return [item.values for item in answer.embeddings]


class Cohere(Direct):
    limited = TooManyRequestsError
    model = "command-a-03-2025"

    def sdk(self):
        return cohere.ClientV2(api_key=KEY, base_url=address("cohere"))

    def chat(self, model=model):
        answer = self.sdk().chat(model=model, messages=HELLO, request_options={"max_retries": 0})
        tokens = answer.usage.tokens
        return answer.message.content[0].text, (tokens.input_tokens, tokens.output_tokens)

    def stream(self):
        events = self.sdk().chat_stream(model=self.model, messages=HELLO)
        return [event.delta.message.content.text for event in events if event.type == "content-delta"]

    def call(self):
        answer = self.sdk().chat(model=self.model, messages=said("call_tool"), tools=[FUNCTION])
        [call] = answer.message.tool_calls
        return call.function.name, arguments(call.function)

    def embed(self):
        answer = self.sdk().embed(
            model="embed-v4.0", texts=["one", "two"], input_type="classification", embedding_types=["float"]
        )
        return answer.embeddings.float_


class Mistral(Direct):
    limited = SDKError
    model = "mistral-large-latest"

    def sdk(self):
        return mistralai.client.Mistral(api_key=KEY, server_url=address("mistral"))

    def chat(self, model=model):
        sdk = self.sdk()
        answer = sdk.chat.complete(model=model, messages=HELLO)
        return answer.choices[0].message.content, (answer.usage.prompt_tokens, answer.usage.completion_tokens)

    def stream(self):
        sdk = self.sdk()
        events = sdk.chat.stream(model=self.model, messages=HELLO)
        pieces = [event.data.choices[0].delta.content for event in events]
        return [piece for piece in pieces if piece]

    def call(self):
        sdk = self.sdk()
        answer = sdk.chat.complete(model=self.model, messages=said("call_tool"), tools=[FUNCTION])
        [call] = answer.choices[0].message.tool_calls
        return call.function.name, arguments(call.function)

    def embed(self):
        sdk = self.sdk()
        answer = sdk.embeddings.create(model="mistral-embed", inputs=["one", "two"])
        return [item.embedding for item in answer.data]


class Ollama(Direct):
    limited = ollama.ResponseError

    def sdk(self):
        return ollama.Client(host=address("ollama"))

    def chat(self, model="llama3.2"):
        answer = self.sdk().chat(model=model, messages=HELLO)
        return answer.message.content, (answer.prompt_eval_count, answer.eval_count)

    def stream(self):
        chunks = self.sdk().chat(model="llama3.2", messages=HELLO, stream=True)
        return [chunk.message.content for chunk in chunks if chunk.message.content]

    def call(self):
        answer = self.sdk().chat(model="llama3.2", messages=said("call_tool"), tools=[FUNCTION])
        [call] = answer.message.tool_calls
        return call.function.name, arguments(call.function)

    def embed(self):
        return self.sdk().embed(model="nomic-embed-text", input=["one", "two"]).embeddings


class HuggingFace(Direct):
    limited = HfHubHTTPError
    model = "openai/gpt-oss-120b"

    def sdk(self):
        return huggingface_hub.InferenceClient(base_url=address("huggingface") + "/v1", api_key=KEY)

    def chat(self, model=model):
        answer = self.sdk().chat_completion(model=model, messages=HELLO)
        usage = answer.usage
        return answer.choices[0].message.content, (usage.prompt_tokens, usage.completion_tokens)

    def stream(self):
        sdk = self.sdk()
        chunks = sdk.chat_completion(model=self.model, messages=HELLO, stream=True)
        pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
        return [piece for piece in pieces if piece]

    def call(self):
        answer = self.sdk().chat_completion(model=self.model, messages=said("call_tool"), tools=[FUNCTION])
        [call] = answer.choices[0].message.tool_calls
        return call.function.name, arguments(call.function)


DIRECT = [
    Anthropic("anthropic"),
    Bedrock("bedrock"),
    Cohere("cohere"),
    Gemini("gemini"),
    HuggingFace("huggingface"),
    Mistral("mistral"),
    Ollama("ollama"),
]
EMBEDDING = [target for target in DIRECT if type(target).embed is not Direct.embed]


def each(capability, targets=DIRECT):
    over = pytest.mark.parametrize("target", targets, ids=lambda target: target.provider)
    return lambda test: over(pytest.mark.conforms("direct", capability)(test))


@each("chat")
def test_an_answer(target):
    text, usage = target.chat()
    assert text == "echo: hello there"
    assert usage == (2, 3)


@each("stream")
def test_a_stream(target):
    pieces = target.stream()
    assert "".join(pieces) == "echo: hello there"
    assert len(pieces) > 1


@each("tools")
def test_a_tool(target):
    assert target.call() == CALL


@each("embeddings", EMBEDDING)
def test_embeddings(target):
    one, two = target.embed()
    assert len(one) == len(two) > 0
    assert list(one) != list(two)


@each("errors")
def test_too_many_requests(target):
    with pytest.raises(target.limited) as caught:
        target.chat("fault-status_429")
    error = caught.value
    response = getattr(error, "response", None)
    told = [getattr(error, name, None) for name in ("status_code", "code")]
    if isinstance(response, dict):
        told.append(response["ResponseMetadata"]["HTTPStatusCode"])
    elif response is not None:
        told.append(response.status_code)
    assert 429 in told
