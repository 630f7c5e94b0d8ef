"""The providers behind the gateway's `every` routes, and what each cannot do."""

import dataclasses

NONE = "The gateway knows no embeddings of this provider."
NO_EMBEDDINGS = {"embeddings": NONE, "embeddings in base64": NONE}
HIDDEN = {"reasoning": "The provider shows no thoughts."}


@dataclasses.dataclass(frozen=True)
class Target:
    """A provider; `model` is what chats, `reasons` and `embeds` are models for that capability."""

    provider: str
    model: str
    reasons: str | None = None
    embeds: str | None = None
    # Whether thoughts are shown to OpenAI's clients, and counted.
    shows_reasoning: bool = True
    counts_reasoning: bool = True
    # Whether it can be told which tool to call.
    forces: bool = True
    # Whether the model takes stop sequences.
    stops: bool = True
    # Capabilities that the provider does not have, each with the reason: for all clients, and for those of a format.
    lacks: dict[str, str] = dataclasses.field(default_factory=dict)
    lacks_for: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)
    # What the provider is to the gateway, if it has another name here.
    served_by: str | None = None

    def lacks_of(self, client):
        return self.lacks | self.lacks_for.get(client, {})

    def faulty(self, fault):
        """A model name that asks the simulator for a fault."""
        return f"fault-{fault}"

    def name(self, model=None):
        return f"{self.provider}/{model or self.model}"

    def provider_id(self):
        return self.served_by or self.provider

    def told(self):
        """What answers say that answered."""
        return f"{self.provider_id()}/{self.model}"


UNASKED = {"reasoning": "The gateway does not ask this provider to think: reported as a loss."}
NO_THOUGHTS = "These models are not asked to think: reported as a loss."

TARGETS = [
    Target("anthropic", "claude-sonnet-4-5", "claude-sonnet-4-5", lacks=NO_EMBEDDINGS),
    Target(
        "azure", "gpt-4o", "o3", "text-embedding-3-small", shows_reasoning=False, lacks_for={"anthropic": HIDDEN}
    ),
    Target(
        "bedrock",
        "anthropic.claude-sonnet-4-5-20250929-v1:0",
        "anthropic.claude-sonnet-4-5-20250929-v1:0",
        "amazon.titan-embed-text-v2:0",
        counts_reasoning=False,
    ),
    Target("cerebras", "gpt-oss-120b", "gpt-oss-120b", lacks=NO_EMBEDDINGS),
    Target("cohere", "command-a-vision-07-2025", "command-a-reasoning-08-2025", "embed-v4.0", counts_reasoning=False),
    Target("dashscope", "qwen-plus", "qwen-plus", "text-embedding-v4"),
    Target("databricks", "databricks-gpt-oss-120b", "databricks-gpt-oss-120b", lacks=NO_EMBEDDINGS),
    Target(
        "deepseek",
        "deepseek-chat",
        "deepseek-reasoner",
        lacks=NO_EMBEDDINGS
        | {
            "vision": "The models see no images.",
            "structured": "The provider takes no schema: JSON is asked for, and the loss reported.",
        },
    ),
    Target("gemini", "gemini-2.5-flash", "gemini-2.5-flash", "gemini-embedding-001"),
    Target(
        "huggingface",
        "openai/gpt-oss-120b",
        "openai/gpt-oss-120b",
        "BAAI/bge-small-en-v1.5",
        shows_reasoning=False,
        lacks_for={"anthropic": HIDDEN},
    ),
    Target("llama2", "llama3.2-vision", embeds="nomic-embed-text", forces=False, lacks={"reasoning": NO_THOUGHTS}),
    Target(
        "mistral",
        "mistral-large-latest",
        "magistral-medium-latest",
        "mistral-embed",
        lacks_for={"anthropic": UNASKED},
    ),
    Target("ollama", "llama3.2-vision", "qwen3", "nomic-embed-text", counts_reasoning=False, forces=False),
    Target(
        "openai", "gpt-4o", "gpt-5", "text-embedding-3-small", shows_reasoning=False, lacks_for={"anthropic": HIDDEN}
    ),
    Target("vertex", "gemini-2.5-flash", "gemini-2.5-flash", "gemini-embedding-001", served_by="gemini"),
    Target(
        "vertex-claude",
        "claude-sonnet-4-5-20250929",
        "claude-sonnet-4-5-20250929",
        lacks=NO_EMBEDDINGS,
        served_by="gemini",
    ),
    Target("vllm", "some-model", "some-model", lacks=NO_EMBEDDINGS),
    Target("xai", "grok-4", "grok-3-mini", stops=False, lacks=NO_EMBEDDINGS),
]


def able(client, capability):
    """The targets that have a capability for clients of a format, for `pytest.mark.parametrize`."""
    return [target for target in TARGETS if capability not in target.lacks_of(client)]
