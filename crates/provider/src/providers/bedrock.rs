//! AWS Bedrock. Made from <https://docs.aws.amazon.com/bedrock/latest/APIReference>.

use dialect::Quirks;
use dialect::anthropic::{BEDROCK_CODEC, BEDROCK_COUNT, BEDROCK_ENVELOPE};
use dialect::bedrock::{CHAT_CODEC, COUNT, EMBEDDINGS};
use model::{ClientFormat, Operation};

use crate::families::{bedrock, is_claude};
use crate::naming::behind_profile;
use crate::{Base, Cloud, KeyStyle, Location, Provider, Required, Route, Setting, Settings};

const REGION: &str = "bedrock.aws_region";
const CONVERSE: &str = "/model/{model}/converse";
const CONVERSE_STREAM: &str = "/model/{model}/converse-stream";
const COUNT_TOKENS: &str = "/model/{model}/count-tokens";
const INVOKE: &str = "/model/{model}/invoke";
const INVOKE_STREAM: &str = "/model/{model}/invoke-with-response-stream";

pub(super) static PROVIDER: Provider = Provider {
    id: "bedrock",
    title: "AWS Bedrock",
    cloud: Some(Cloud::Aws { region: REGION }),
    base: Base::Choice(base),
    path_replaces: true,
    routes: &[
        Route::messages(INVOKE, &BEDROCK_CODEC, &BEDROCK_ENVELOPE)
            .streaming(INVOKE_STREAM)
            .counting_by(COUNT_TOKENS, &BEDROCK_COUNT)
            .naming_counted(behind_profile)
            .when(speaks_messages),
        Route::translated(Operation::Completions, INVOKE, &BEDROCK_CODEC)
            .streaming(INVOKE_STREAM)
            .when(speaks_messages),
        Route::translated(Operation::Chat, CONVERSE, &CHAT_CODEC)
            .streaming(CONVERSE_STREAM)
            .counting_by(COUNT_TOKENS, &COUNT)
            .naming_counted(behind_profile),
        Route::translated(Operation::Completions, CONVERSE, &CHAT_CODEC).streaming(CONVERSE_STREAM),
        Route::embeddings(INVOKE, &EMBEDDINGS),
        Route::unserved(Operation::ImageGeneration, INVOKE),
        Route::unserved(Operation::ImageEdit, INVOKE),
        Route::unserved(Operation::Video, "/async-invoke"),
        Route::unserved(Operation::Batches, "/model-invocation-job"),
        Route::preserve(),
        Route::native(ClientFormat::Bedrock, Operation::Chat),
        Route::native(ClientFormat::Bedrock, Operation::Embeddings),
        Route::native(ClientFormat::Bedrock, Operation::ImageGeneration),
        Route::native(ClientFormat::Bedrock, Operation::ImageEdit),
        Route::native(ClientFormat::Bedrock, Operation::Video),
        Route::native(ClientFormat::Bedrock, Operation::Batches),
    ],
    settings: &[
        Setting::optional(REGION),
        // Claude, where this provider runs it.
        Setting::optional("anthropic_version"),
        Setting::optional("bedrock.aws_assume_role_arn"),
        Setting::optional("bedrock.aws_role_session_name"),
        Setting::optional("bedrock.aws_sts_endpoint_url"),
        Setting::optional("bedrock.embeddings_normalize"),
        Setting::optional("bedrock.performance_config_latency"),
        Setting::new("bedrock.video_output_s3_uri", Required::For(Operation::Video)),
        Setting::optional("bedrock.batch_role_arn"),
        Setting::optional("bedrock.batch_bucket_prefix"),
    ],
    // Where Converse is spoken, the body says it.
    headers: &[("x-amzn-bedrock-performanceconfig-latency", "bedrock.performance_config_latency")],
    quirks: |_, _| &Quirks::NONE,
    family: bedrock,
    key: KeyStyle::None,
    caller_may_override: true,
};

/// The regions of China have a domain of their own.
fn base(settings: &Settings) -> &'static str {
    if settings.value(REGION).is_some_and(|region| region.starts_with("cn-")) {
        "https://bedrock-runtime.{bedrock.aws_region}.amazonaws.com.cn"
    } else {
        "https://bedrock-runtime.{bedrock.aws_region}.amazonaws.com"
    }
}

/// Whether Claude is spoken to in its own format, through `InvokeModel`. Where a path is written out, its end says
/// so; else those clients of Claude's are served so that speak the format themselves.
fn speaks_messages(location: &Location<'_>) -> bool {
    match location.path_end() {
        Some("invoke" | "invoke-with-response-stream") => true,
        Some("converse" | "converse-stream") => false,
        _ => location.client == ClientFormat::Anthropic && location.model.is_some_and(is_claude),
    }
}
