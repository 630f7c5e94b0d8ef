//! What Google's requests may have, as tables: the public API, and Vertex where it differs.

use crate::shape::{Kind, Shape};

const TEXTS: Kind = Kind::List(&Kind::Text);

static BLOB: Shape = Shape(&[("mimeType", Kind::Text), ("data", Kind::Bytes), ("displayName", Kind::Text)]);
static FILE: Shape = Shape(&[("mimeType", Kind::Text), ("fileUri", Kind::Text), ("displayName", Kind::Text)]);
static VIDEO: Shape = Shape(&[("startOffset", Kind::Text), ("endOffset", Kind::Text), ("fps", Kind::Number)]);
static CODE: Shape = Shape(&[("id", Kind::Text), ("language", Kind::Text), ("code", Kind::Text)]);
static CODE_RESULT: Shape = Shape(&[("id", Kind::Text), ("outcome", Kind::Text), ("output", Kind::Text)]);
static RESOLUTION: Shape = Shape(&[("level", Kind::Word(RESOLUTIONS)), ("numTokens", Kind::Integer)]);
const RESOLUTIONS: &[&str] = &[
    "MEDIA_RESOLUTION_UNSPECIFIED",
    "MEDIA_RESOLUTION_LOW",
    "MEDIA_RESOLUTION_MEDIUM",
    "MEDIA_RESOLUTION_HIGH",
    "MEDIA_RESOLUTION_ULTRA_HIGH",
];
const SCHEDULING: Kind = Kind::Word(&["SCHEDULING_UNSPECIFIED", "SILENT", "WHEN_IDLE", "INTERRUPT"]);

static CALL: Shape = Shape(&[("id", Kind::Text), ("name", Kind::Text), ("args", Kind::Free)]);
static VERTEX_CALL: Shape = Shape(&[("name", Kind::Text), ("args", Kind::Free)]);
static RESPONSE: Shape = Shape(&[
    ("id", Kind::Text),
    ("name", Kind::Text),
    ("response", Kind::Free),
    ("parts", Kind::List(&Kind::Free)),
    ("willContinue", Kind::Bool),
    ("scheduling", SCHEDULING),
]);
static VERTEX_RESPONSE: Shape = Shape(&[
    ("name", Kind::Text),
    ("response", Kind::Free),
    ("parts", Kind::List(&Kind::Free)),
    ("scheduling", SCHEDULING),
]);

/// The parts of which a part has exactly one, in either API.
pub(super) const DATA: &[&str] = &[
    "text",
    "inlineData",
    "fileData",
    "functionCall",
    "functionResponse",
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
];

static PART: Shape = Shape(&[
    ("text", Kind::Text),
    ("inlineData", Kind::Of(&BLOB)),
    ("fileData", Kind::Of(&FILE)),
    ("functionCall", Kind::Of(&CALL)),
    ("functionResponse", Kind::Of(&RESPONSE)),
    ("executableCode", Kind::Of(&CODE)),
    ("codeExecutionResult", Kind::Of(&CODE_RESULT)),
    ("toolCall", Kind::Free),
    ("toolResponse", Kind::Free),
    ("videoMetadata", Kind::Of(&VIDEO)),
    ("thought", Kind::Bool),
    ("thoughtSignature", Kind::Bytes),
    ("partMetadata", Kind::Free),
    ("mediaResolution", Kind::Of(&RESOLUTION)),
]);
static VERTEX_PART: Shape = Shape(&[
    ("text", Kind::Text),
    ("inlineData", Kind::Of(&BLOB)),
    ("fileData", Kind::Of(&FILE)),
    ("functionCall", Kind::Of(&VERTEX_CALL)),
    ("functionResponse", Kind::Of(&VERTEX_RESPONSE)),
    ("executableCode", Kind::Of(&CODE)),
    ("codeExecutionResult", Kind::Of(&CODE_RESULT)),
    ("videoMetadata", Kind::Of(&VIDEO)),
    ("thought", Kind::Bool),
    ("thoughtSignature", Kind::Bytes),
    ("mediaResolution", Kind::Of(&RESOLUTION)),
]);
static CONTENT: Shape = Shape(&[("parts", Kind::List(&Kind::Of(&PART))), ("role", Kind::Text)]);
static VERTEX_CONTENT: Shape = Shape(&[("parts", Kind::List(&Kind::Of(&VERTEX_PART))), ("role", Kind::Text)]);

const TYPES: Kind =
    Kind::Word(&["TYPE_UNSPECIFIED", "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"]);

/// A schema in Google's own subset: nothing of JSON Schema beyond it is known.
static SCHEMA: Shape = Shape(&[
    ("type", TYPES),
    ("format", Kind::Text),
    ("title", Kind::Text),
    ("description", Kind::Text),
    ("nullable", Kind::Bool),
    ("enum", TEXTS),
    ("items", Kind::Of(&SCHEMA)),
    ("maxItems", Kind::Long),
    ("minItems", Kind::Long),
    ("properties", Kind::Map(&Kind::Of(&SCHEMA))),
    ("required", TEXTS),
    ("minProperties", Kind::Long),
    ("maxProperties", Kind::Long),
    ("minimum", Kind::Number),
    ("maximum", Kind::Number),
    ("minLength", Kind::Long),
    ("maxLength", Kind::Long),
    ("pattern", Kind::Text),
    ("example", Kind::Any),
    ("anyOf", Kind::List(&Kind::Of(&SCHEMA))),
    ("propertyOrdering", TEXTS),
    ("default", Kind::Any),
]);
static FUNCTION: Shape = Shape(&[
    ("name", Kind::Text),
    ("description", Kind::Text),
    ("parameters", Kind::Of(&SCHEMA)),
    ("parametersJsonSchema", Kind::Any),
    ("response", Kind::Of(&SCHEMA)),
    ("responseJsonSchema", Kind::Any),
    ("behavior", Kind::Word(&["UNSPECIFIED", "BLOCKING", "NON_BLOCKING"])),
]);
static TOOL: Shape = Shape(&[
    ("functionDeclarations", Kind::List(&Kind::Of(&FUNCTION))),
    ("googleSearchRetrieval", Kind::Free),
    ("codeExecution", Kind::Free),
    ("googleSearch", Kind::Free),
    ("computerUse", Kind::Free),
    ("urlContext", Kind::Free),
    ("fileSearch", Kind::Free),
    ("mcpServers", Kind::List(&Kind::Free)),
    ("googleMaps", Kind::Free),
]);
static VERTEX_TOOL: Shape = Shape(&[
    ("functionDeclarations", Kind::List(&Kind::Of(&FUNCTION))),
    ("googleSearchRetrieval", Kind::Free),
    ("codeExecution", Kind::Free),
    ("googleSearch", Kind::Free),
    ("enterpriseWebSearch", Kind::Free),
    ("computerUse", Kind::Free),
    ("urlContext", Kind::Free),
    ("retrieval", Kind::Free),
    ("googleMaps", Kind::Free),
]);
static CALLING: Shape = Shape(&[
    ("mode", Kind::Word(&["MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"])),
    ("allowedFunctionNames", TEXTS),
]);
static TOOL_CONFIG: Shape = Shape(&[
    ("functionCallingConfig", Kind::Of(&CALLING)),
    ("retrievalConfig", Kind::Free),
    ("includeServerSideToolInvocations", Kind::Bool),
]);
static VERTEX_TOOL_CONFIG: Shape =
    Shape(&[("functionCallingConfig", Kind::Of(&CALLING)), ("retrievalConfig", Kind::Free)]);
static SAFETY: Shape = Shape(&[
    (
        "category",
        Kind::Word(&[
            "HARM_CATEGORY_HARASSMENT",
            "HARM_CATEGORY_HATE_SPEECH",
            "HARM_CATEGORY_SEXUALLY_EXPLICIT",
            "HARM_CATEGORY_DANGEROUS_CONTENT",
            "HARM_CATEGORY_CIVIC_INTEGRITY",
        ]),
    ),
    (
        "threshold",
        Kind::Word(&[
            "BLOCK_LOW_AND_ABOVE",
            "BLOCK_MEDIUM_AND_ABOVE",
            "BLOCK_ONLY_HIGH",
            "BLOCK_NONE",
            "OFF",
        ]),
    ),
    ("method", Kind::Word(&["SEVERITY", "PROBABILITY"])),
]);
static THINKING: Shape = Shape(&[
    ("includeThoughts", Kind::Bool),
    ("thinkingBudget", Kind::Integer),
    ("thinkingLevel", Kind::Word(&["MINIMAL", "LOW", "MEDIUM", "HIGH"])),
]);
const MODALITIES: Kind = Kind::List(&Kind::Word(&["TEXT", "IMAGE", "AUDIO"]));

static CONFIG: Shape = Shape(&[
    ("candidateCount", Kind::Integer),
    ("stopSequences", TEXTS),
    ("maxOutputTokens", Kind::Integer),
    ("temperature", Kind::Number),
    ("topP", Kind::Number),
    ("topK", Kind::Integer),
    ("seed", Kind::Integer),
    ("responseMimeType", Kind::Text),
    ("responseSchema", Kind::Of(&SCHEMA)),
    ("responseJsonSchema", Kind::Any),
    ("presencePenalty", Kind::Number),
    ("frequencyPenalty", Kind::Number),
    ("responseLogprobs", Kind::Bool),
    ("logprobs", Kind::Integer),
    ("enableEnhancedCivicAnswers", Kind::Bool),
    ("responseModalities", MODALITIES),
    ("speechConfig", Kind::Free),
    ("thinkingConfig", Kind::Of(&THINKING)),
    ("imageConfig", Kind::Free),
    ("mediaResolution", Kind::Word(RESOLUTIONS)),
]);
static VERTEX_CONFIG: Shape = Shape(&[
    ("candidateCount", Kind::Integer),
    ("stopSequences", TEXTS),
    ("maxOutputTokens", Kind::Integer),
    ("temperature", Kind::Number),
    ("topP", Kind::Number),
    ("topK", Kind::Number),
    ("seed", Kind::Integer),
    ("responseMimeType", Kind::Text),
    ("responseSchema", Kind::Of(&SCHEMA)),
    ("responseJsonSchema", Kind::Any),
    ("presencePenalty", Kind::Number),
    ("frequencyPenalty", Kind::Number),
    ("responseLogprobs", Kind::Bool),
    ("logprobs", Kind::Integer),
    ("audioTimestamp", Kind::Bool),
    ("responseModalities", MODALITIES),
    ("speechConfig", Kind::Free),
    ("thinkingConfig", Kind::Of(&THINKING)),
    ("imageConfig", Kind::Free),
    ("routingConfig", Kind::Free),
    ("mediaResolution", Kind::Word(RESOLUTIONS)),
]);

/// A request of the public API for content.
pub(super) static GENERATE: Shape = Shape(&[
    ("model", Kind::Text),
    ("systemInstruction", Kind::Of(&CONTENT)),
    ("contents", Kind::List(&Kind::Of(&CONTENT))),
    ("tools", Kind::List(&Kind::Of(&TOOL))),
    ("toolConfig", Kind::Of(&TOOL_CONFIG)),
    ("safetySettings", Kind::List(&Kind::Of(&SAFETY))),
    ("generationConfig", Kind::Of(&CONFIG)),
    ("cachedContent", Kind::Text),
    ("serviceTier", Kind::Word(&["unspecified", "standard", "flex", "priority"])),
    ("store", Kind::Bool),
]);

/// The same of Vertex.
pub(super) static VERTEX_GENERATE: Shape = Shape(&[
    ("systemInstruction", Kind::Of(&VERTEX_CONTENT)),
    ("contents", Kind::List(&Kind::Of(&VERTEX_CONTENT))),
    ("tools", Kind::List(&Kind::Of(&VERTEX_TOOL))),
    ("toolConfig", Kind::Of(&VERTEX_TOOL_CONFIG)),
    ("safetySettings", Kind::List(&Kind::Of(&SAFETY))),
    ("generationConfig", Kind::Of(&VERTEX_CONFIG)),
    ("cachedContent", Kind::Text),
    ("labels", Kind::Map(&Kind::Text)),
    ("modelArmorConfig", Kind::Free),
]);

pub(super) static COUNT: Shape =
    Shape(&[("contents", Kind::List(&Kind::Of(&CONTENT))), ("generateContentRequest", Kind::Of(&GENERATE))]);

pub(super) static VERTEX_COUNT: Shape = Shape(&[
    ("model", Kind::Text),
    ("contents", Kind::List(&Kind::Of(&VERTEX_CONTENT))),
    ("systemInstruction", Kind::Of(&VERTEX_CONTENT)),
    ("tools", Kind::List(&Kind::Of(&VERTEX_TOOL))),
    ("generationConfig", Kind::Of(&VERTEX_CONFIG)),
    ("instances", Kind::List(&Kind::Any)),
]);

const TASKS: Kind = Kind::Word(&[
    "RETRIEVAL_QUERY",
    "RETRIEVAL_DOCUMENT",
    "SEMANTIC_SIMILARITY",
    "CLASSIFICATION",
    "CLUSTERING",
    "QUESTION_ANSWERING",
    "FACT_VERIFICATION",
    "CODE_RETRIEVAL_QUERY",
]);
static EMBED_CONFIG: Shape = Shape(&[
    ("title", Kind::Text),
    ("taskType", TASKS),
    ("autoTruncate", Kind::Bool),
    ("outputDimensionality", Kind::Integer),
    ("documentOcr", Kind::Bool),
    ("audioTrackExtraction", Kind::Bool),
]);
pub(super) static EMBED: Shape = Shape(&[
    ("model", Kind::Text),
    ("content", Kind::Of(&CONTENT)),
    ("taskType", TASKS),
    ("title", Kind::Text),
    ("outputDimensionality", Kind::Integer),
    ("embedContentConfig", Kind::Of(&EMBED_CONFIG)),
]);
pub(super) static VERTEX_EMBED: Shape = Shape(&[
    ("content", Kind::Of(&VERTEX_CONTENT)),
    ("taskType", TASKS),
    ("title", Kind::Text),
    ("outputDimensionality", Kind::Integer),
    ("autoTruncate", Kind::Bool),
    ("embedContentConfig", Kind::Of(&EMBED_CONFIG)),
]);
pub(super) static BATCH_EMBED: Shape = Shape(&[("requests", Kind::List(&Kind::Of(&EMBED)))]);

static INSTANCE: Shape = Shape(&[("content", Kind::Text), ("task_type", TASKS), ("title", Kind::Text)]);
static PARAMETERS: Shape = Shape(&[("autoTruncate", Kind::Bool), ("outputDimensionality", Kind::Integer)]);
pub(super) static PREDICT: Shape = Shape(&[
    ("instances", Kind::List(&Kind::Of(&INSTANCE))),
    ("parameters", Kind::Of(&PARAMETERS)),
    ("labels", Kind::Map(&Kind::Text)),
]);
