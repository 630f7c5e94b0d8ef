//! AWS Bedrock. Made from <https://docs.aws.amazon.com/bedrock/latest/APIReference>.

use dialect::{Family, Quirks};
use model::{ClientFormat, Operation};

use crate::{Base, Cloud, KeyStyle, Provider, Required, Route, Setting};

pub(super) static PROVIDER: Provider = Provider {
    id: "bedrock",
    title: "AWS Bedrock",
    cloud: Some(Cloud::Aws { region: "bedrock.aws_region" }),
    base: Base::Url("https://bedrock-runtime.{bedrock.aws_region}.amazonaws.com"),
    routes: &[
        Route::unserved(Operation::Chat, "/model/{model}/converse"),
        Route::unserved(Operation::Completions, "/model/{model}/converse"),
        Route::unserved(Operation::Embeddings, "/model/{model}/invoke"),
        Route::unserved(Operation::ImageGeneration, "/model/{model}/invoke"),
        Route::unserved(Operation::ImageEdit, "/model/{model}/invoke"),
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
        Setting::optional("bedrock.aws_region"),
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
    headers: &[],
    quirks: |_, _| &Quirks::NONE,
    family: |_| &Family::UNKNOWN,
    key: KeyStyle::None,
    caller_may_override: true,
};
