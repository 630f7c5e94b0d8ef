"""LangChain through the gateway, once each way."""

import os

from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

BASE = os.environ["AI_PROXY_URL"] + "/v1"


def model():
    return ChatOpenAI(base_url=BASE, api_key="unused", model="gpt-4o", max_retries=0)


@tool
def weather(place: str) -> str:
    """Tells the weather."""
    return f"sunny in {place}"


def test_invoke_and_stream():
    answer = model().invoke("hello chain")
    assert answer.content == "echo: hello chain"
    assert answer.usage_metadata["input_tokens"] == 2
    assert "".join(part.content for part in model().stream("hello chain")) == "echo: hello chain"


def test_tools():
    answer = model().bind_tools([weather]).invoke("call_tool please")
    [call] = answer.tool_calls
    assert call["name"] == "weather"
    assert weather.invoke(call["args"]).startswith("sunny in")


def test_embeddings():
    embed = OpenAIEmbeddings(
        base_url=BASE, api_key="unused", model="text-embedding-3-small", check_embedding_ctx_length=False
    )
    one, two = embed.embed_documents(["one", "two"])
    assert one == embed.embed_query("one")
    assert one != two
